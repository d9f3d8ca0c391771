import { performance } from 'node:perf_hooks'
import { idleTime, pressureOf } from '../system/machine-times.ts'
import { threadTimes } from '../system/thread-times.ts'

/** Fewer processors have none to spare: a quota would soon be used up, and the rest of it spent on standing still. */
const fewestProcessors = 2
/** How much of the time, 0 to 1, a thread that polls waits for a processor at most, or someone else does. */
const mostWaiting = 0.1
/** How much of the time others wait at most, again and again, where the thread sleeps until its next ping is due, and so misses little. */
const mostWaitingForSleeper = 0.005
/** So many periods of polling in a row: what starts has others wait for a moment. */
const periodsInARow = 5
/** How long it takes until whoever ran where a thread begins to poll has been moved to another processor. */
const settlingMs = 100
/** How long polling goes on before it is judged anew: two periods of a quota of processor time, so that what one stops is seen evenly. */
const pollingMs = 200
/** How long the core is left to others before it is judged anew. */
const backOffMs = 1_000
/** How many processors are free when the core is asked for again, or besides it where polling is in nobody's way: nearly a whole one. */
const leastFree = 0.9
/** Others who want it back within so long wanted it all the time. */
const trialMs = 2_000
/** How many more processors have to be free than when others wanted it back. */
const moreFree = 0.1
/** Of the processors that the thread may use: where more are free, others want no more than a moment of them. */
const mostNeeded = 0.9
/** After so long it is enough that a processor is free. */
const patienceMs = 30_000

/** What the system counts until now, in milliseconds; what it does not tell is 0. */
export interface CoreUse {
  /** How long the thread that asks waited for a processor. */
  readonly queued: () => number
  /** How long some task of the machine did, on the average of the processors that have something to do. */
  readonly pressure: () => number
  /** Time of the processors that the thread that asks may use, all of them together, in which they had nothing to do, or ran it. */
  readonly free: () => number
}

type Period = 'settling' | 'polling' | 'backing off'

/** What this system counts. */
export const systemCoreUse: CoreUse = {
  queued: () => threadTimes().queued ?? 0,
  pressure: () => pressureOf('cpu') ?? 0,
  free: () => idleTime() + (threadTimes().running ?? 0),
}

/**
 * Whether there is a core for a thread that polls without a pause. Where others want it, the thread waits for it when an answer comes,
 * and the server when a ping does: both show while the thread polls. While it does not, there is a core again if enough of the processors
 * is free.
 */
export class SpareCore {
  readonly #processors: number
  readonly #use: CoreUse
  #period: Period = 'settling'
  #beganAt = 0
  #endsAt = 0
  /** What was counted when it was looked at last. */
  readonly #counted: Record<keyof CoreUse, number> = { queued: 0, pressure: 0, free: 0 }
  /** Since when the thread has had the core, and how many processors were free before. */
  #pollingSince = 0
  #freeBefore = 0
  /** When others wanted it, and how many free processors were too few for both. */
  #wantedAt = 0
  #tooFew = 0
  /** In how many periods of polling in a row others have waited, if only for more than a thread may have them that sleeps. */
  #waitedInARow = 0
  #sleeps = false

  /** @param processors that this process may use */
  constructor(processors: number, use: CoreUse = systemCoreUse, now: number = performance.now()) {
    this.#processors = processors
    this.#use = use
    this.#ask(now)
  }

  /** Judges what has been seen by now. A thread asks again and again as long as it polls, or would if there were a core. */
  isThere(now: number): boolean {
    if (this.#processors < fewestProcessors) return false
    if (now >= this.#endsAt) this.#judge(now)
    return this.#period !== 'backing off'
  }

  /** The thread begins to poll: what was before, while it rested, says nothing. */
  settle(now: number): void {
    this.#freeBefore = 0
    this.#ask(now)
  }

  /** From now on the thread sleeps between its pings where it does not poll, and leaves the core to others for less. */
  preferSleep(): void {
    this.#sleeps = true
  }

  #judge(now: number): void {
    const elapsed = now - this.#beganAt
    switch (this.#period) {
      case 'settling':
        for (const count of ['queued', 'pressure', 'free'] as const) this.#growth(count)
        this.#begin('polling', pollingMs, now)
        break
      case 'polling': {
        // A thread that did not ask did not poll: it was busy.
        const wasPolling = now - this.#endsAt < pollingMs
        const [queued, pressure, free] = [this.#growth('queued'), this.#growth('pressure'), this.#growth('free')]
        // Who waits beside a processor that is free, waits for a quota, or for the one that he may use.
        const canUseIt = wasPolling && free < (1 + leastFree) * elapsed
        const isWanted = queued > mostWaiting * elapsed || (canUseIt && pressure > mostWaiting * elapsed)
        this.#waitedInARow = canUseIt && pressure > mostWaitingForSleeper * elapsed ? this.#waitedInARow + 1 : 0
        if (isWanted) this.#leave(now, now - this.#pollingSince < trialMs ? this.#freeBefore : 0)
        else if (this.#sleeps && this.#waitedInARow >= periodsInARow) this.#leave(now, free / elapsed)
        else this.#begin('polling', pollingMs, now)
        break
      }
      case 'backing off': {
        const free = this.#growth('free') / elapsed
        const isPatient = now - this.#wantedAt < patienceMs
        const more = isPatient ? Math.min(this.#tooFew + moreFree, mostNeeded * this.#processors) : 0
        if (free < Math.max(leastFree, more)) {
          this.#begin('backing off', backOffMs, now)
        } else {
          this.#freeBefore = free
          this.#ask(now)
        }
      }
    }
  }

  /** @param tooFew free processors */
  #leave(now: number, tooFew: number): void {
    this.#tooFew = tooFew
    this.#wantedAt = now
    this.#begin('backing off', backOffMs, now)
  }

  #ask(now: number): void {
    this.#pollingSince = now
    this.#waitedInARow = 0
    this.#begin('settling', settlingMs, now)
  }

  #begin(period: Period, length: number, now: number): void {
    this.#period = period
    this.#beganAt = now
    this.#endsAt = now + length
  }

  /** By how much a count has grown since this was asked last. */
  #growth(of: keyof CoreUse): number {
    const [before, now] = [this.#counted[of], this.#use[of]()]
    this.#counted[of] = now
    return now - before
  }
}
