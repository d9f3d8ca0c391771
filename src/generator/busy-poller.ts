import { performance } from 'node:perf_hooks'
import type { PollClock } from './poll-clock.ts'
import { threadTimes } from '../system/thread-times.ts'

/** Below this utilization the event loop has time to poll without a pause, 0 to 1. */
const mostUtilization = 0.5
/** How long utilization is taken over before it is judged anew. */
const utilizationWindowMs = 10
/** A loop that has to wait for a processor for more of the time, 0 to 1, takes it from others by polling. */
const mostQueued = 0.1
/** How long waiting is taken over before it is judged anew. */
const queueWindowMs = 50
/** How long a loop that had to wait polls with pauses, until it tries again whether there is a core to spare. */
const sparingMs = 1_000
/** Fewer processors have none to spare: a quota would soon be used up, and the rest of it spent on standing still. */
const fewestProcessors = 2
/** How long a loop that does not poll without a pause waits at most. */
const pauseMs = 1
/** How long it does where nothing is in flight, and nothing to be timed. */
const restMs = 50

/**
 * Busy polling: keeps an idle event loop polling for answers, so that the bracket around each of them is narrow. Without
 * it, a loop that waits for one answer has not polled since it sent the ping. A loop with time to spare polls without a
 * pause, on a machine that has a core to spare for it; a busy one polls often enough by itself, and a timer sees to the
 * rest once a millisecond. Where others want the core it lets go: they would make it wait when an answer comes.
 */
export class BusyPoller {
  /** Milliseconds spent on polling alone. */
  polling = 0
  readonly #clock: PollClock
  readonly #hasCoreToSpare: boolean
  #users = 0
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #pausing = true
  #isResting = false
  /** When utilization was judged last, and the clock's `active` then. */
  #judgedAt = performance.now()
  #activeThen = 0
  /** When waiting for a processor was judged last, and how long it had been until then. */
  #queueJudgedAt = this.#judgedAt
  #queuedThen: number | undefined = threadTimes().queued
  /** Until when there is no core to spare. */
  #sparingUntil = 0
  /** When this polled last without a pause behind it, and the clock's `reads` then. */
  #polledAt = Infinity
  #readsThen = 0

  /** @param processors that this process may use */
  constructor(clock: PollClock, processors: number) {
    this.#clock = clock
    this.#hasCoreToSpare = processors >= fewestProcessors
  }

  start(): void {
    if (++this.#users === 1) this.#poll()
  }

  /** Ends when everyone who started it has stopped it. */
  stop(): void {
    if (--this.#users === 0) this.#cancel()
  }

  /** Nothing is to be timed until {@link wake}: polls now and then, and leaves the processor to others. */
  rest(): void {
    this.#isResting = true
  }

  wake(): void {
    this.#isResting = false
    if (this.#users === 0) return
    this.#cancel()
    this.#poll()
  }

  #cancel(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
  }

  readonly #poll = (): void => {
    const { active, reads } = this.#clock
    const now = this.#clock.update()
    if (reads === this.#readsThen && now > this.#polledAt) this.polling += now - this.#polledAt
    this.#readsThen = reads
    if (now - this.#judgedAt >= utilizationWindowMs) {
      const utilization = (active - this.#activeThen) / (now - this.#judgedAt)
      this.#pausing = !this.#hasCoreToSpare || utilization >= mostUtilization || this.#othersWantTheCore(now)
      this.#judgedAt = now
      this.#activeThen = active
    }
    const isPausing = this.#pausing || this.#isResting
    this.#polledAt = isPausing ? Infinity : now
    if (isPausing) this.#timer = setTimeout(this.#poll, this.#isResting ? restMs : pauseMs)
    else this.#immediate = setImmediate(this.#poll)
  }

  #othersWantTheCore(now: number): boolean {
    const elapsed = now - this.#queueJudgedAt
    if (elapsed >= queueWindowMs && now >= this.#sparingUntil) {
      const { queued } = threadTimes()
      if (queued! - this.#queuedThen! > mostQueued * elapsed) this.#sparingUntil = now + sparingMs
      this.#queueJudgedAt = now
      this.#queuedThen = queued
    }
    return now < this.#sparingUntil
  }
}
