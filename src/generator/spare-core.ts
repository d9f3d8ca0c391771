import { performance } from 'node:perf_hooks'
import { machineTimes, pressureOf } from '../system/machine-times.ts'
import { threadTimes } from '../system/thread-times.ts'

/** Fewer processors have none to spare: a quota would soon be used up, and the rest of it spent on standing still. */
const fewestProcessors = 2
/** How much of the time, 0 to 1, a thread that polls waits for a processor at most, or makes others wait. */
const mostWaiting = 0.1
/** How long it takes until whoever ran where a thread begins to poll has been moved to another processor. */
const settlingMs = 100
/** How long polling goes on before it is judged anew: as long as a quota of processor time lasts, so that what one stops is not seen now and then. */
const pollingMs = 100
/** How long the core is left to others: twice as long each time that they want it again. */
const backOffMs = { shortest: 1_000, longest: 32_000 }
/** How many processors are free when one is asked for again: nearly a whole one. */
const leastFree = 0.9
/** How much of the way down to what is seen while the thread polls its idea of {@link SpareCore.#waitingAnyway} goes at a time. */
const forgetting = 0.1

/** What the system counts until now, in milliseconds; what it does not tell is 0. */
export interface CoreUse {
  /** How long the thread that asks waited for a processor. */
  readonly queued: () => number
  /** How long some task of the machine did, on an average processor that has something to do. */
  readonly pressure: () => number
  /** Time of processors, all of them together, in which they had nothing to do, or ran the thread that asks. */
  readonly free: () => number
}

type Period = 'settling' | 'polling' | 'backing off'

const systems: CoreUse = {
  queued: () => threadTimes().queued ?? 0,
  pressure: () => pressureOf('cpu') ?? 0,
  free: () => machineTimes().idle + (threadTimes().running ?? 0),
}

/**
 * Whether there is a core for a thread that polls without a pause. Where others want it, the thread waits for it when an answer comes,
 * and the server when a ping does. While the thread polls, both show: in how long it waits, and in how long anyone waits who would not
 * otherwise. While it does not, there is a core again if enough of the processors is free.
 */
export class SpareCore {
  readonly #isPossible: boolean
  readonly #use: CoreUse
  #period: Period = 'settling'
  #beganAt: number
  #endsAt: number
  /** What was counted when the period began. */
  #queued = 0
  #pressure = 0
  #free = 0
  /** Since when the thread has had the core. */
  #pollingSince: number
  /** How long the core is left to others the next time. */
  #backOff = backOffMs.shortest
  /** How much of the time someone waits for a processor though the thread does not poll, 0 to 1. */
  #waitingAnyway = 0

  /** @param processors that this process may use */
  constructor(processors: number, use: CoreUse = systems, now: number = performance.now()) {
    this.#isPossible = processors >= fewestProcessors
    this.#use = use
    this.#beganAt = now
    this.#endsAt = now + settlingMs
    this.#pollingSince = now
  }

  /** Judges what has been seen by now. A thread asks again and again as long as it polls, or would if there were a core. */
  isThere(now: number): boolean {
    if (this.#isPossible && now >= this.#endsAt) this.#judge(now)
    return this.#isPossible && this.#period !== 'backing off'
  }

  /** The thread begins to poll: what was before, while it rested, says nothing. */
  settle(now: number): void {
    this.#backOff = backOffMs.shortest
    this.#pollingSince = now
    this.#begin('settling', settlingMs, now)
  }

  #judge(now: number): void {
    switch (this.#period) {
      case 'settling':
        this.#begin('polling', pollingMs, now)
        break
      case 'polling':
        if (this.#isWanted(now)) {
          this.#begin('backing off', this.#backOff, now)
          this.#backOff = Math.min(2 * this.#backOff, backOffMs.longest)
        } else {
          if (now - this.#pollingSince >= this.#backOff) this.#backOff = backOffMs.shortest
          this.#waitingAnyway -= forgetting * Math.max(0, this.#waitingAnyway - this.#waiting(now))
          this.#begin('polling', pollingMs, now)
        }
        break
      case 'backing off':
        if (this.#use.free() - this.#free < leastFree * (now - this.#beganAt)) {
          this.#begin('backing off', backOffMs.shortest, now)
        } else {
          this.#waitingAnyway = this.#waiting(now)
          this.#pollingSince = now
          this.#begin('settling', settlingMs, now)
        }
    }
  }

  #isWanted(now: number): boolean {
    if (this.#use.queued() - this.#queued > mostWaiting * (now - this.#beganAt)) return true
    // A thread that did not ask did not poll: it was busy.
    const wasPolling = now - this.#endsAt < pollingMs
    return wasPolling && this.#waiting(now) > this.#waitingAnyway + mostWaiting
  }

  /** How much of the period someone waited for a processor, 0 to 1. */
  #waiting(now: number): number {
    return (this.#use.pressure() - this.#pressure) / (now - this.#beganAt)
  }

  #begin(period: Period, length: number, now: number): void {
    this.#period = period
    this.#beganAt = now
    this.#endsAt = now + length
    if (period === 'polling') this.#queued = this.#use.queued()
    if (period === 'backing off') this.#free = this.#use.free()
    if (period !== 'settling') this.#pressure = this.#use.pressure()
  }
}
