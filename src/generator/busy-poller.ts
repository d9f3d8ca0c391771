import { performance } from 'node:perf_hooks'
import type { PollClock } from './poll-clock.ts'
import type { SpareCore } from './spare-core.ts'

/** Below this utilization the event loop has time to poll without a pause, 0 to 1. */
const mostUtilization = 0.5
/** How long utilization is taken over before it is judged anew. */
const utilizationWindowMs = 10
/** How long a loop that does not poll without a pause waits at most. */
const pauseMs = 1
/** How long it does where nothing is in flight, and nothing to be timed. */
const restMs = 50

/**
 * Busy polling: keeps an idle event loop polling for answers, so that the bracket around each of them is narrow. Without
 * it, a loop that waits for one answer has not polled since it sent the ping. A loop with time to spare polls without a
 * pause, on a machine that has a core to spare for it; a busy one polls often enough by itself, and a timer sees to the
 * rest once a millisecond.
 */
export class BusyPoller {
  /** Milliseconds spent on polling alone. */
  polling = 0
  readonly #clock: PollClock
  readonly #spareCore: SpareCore
  #users = 0
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #pausing = true
  #isResting = false
  /** When utilization was judged last, and the clock's `active` then. */
  #judgedAt = performance.now()
  #activeThen = 0
  /** When this polled last without a pause behind it, and the clock's `reads` then. */
  #polledAt = Infinity
  #readsThen = 0

  constructor(clock: PollClock, spareCore: SpareCore) {
    this.#clock = clock
    this.#spareCore = spareCore
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
    this.#spareCore.settle(performance.now())
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
    if (!this.#isResting && now - this.#judgedAt >= utilizationWindowMs) {
      const utilization = (active - this.#activeThen) / (now - this.#judgedAt)
      this.#pausing = utilization >= mostUtilization || !this.#spareCore.isThere(now)
      this.#judgedAt = now
      this.#activeThen = active
    }
    const isPausing = this.#pausing || this.#isResting
    this.#polledAt = isPausing ? Infinity : now
    if (isPausing) this.#timer = setTimeout(this.#poll, this.#isResting ? restMs : pauseMs)
    else this.#immediate = setImmediate(this.#poll)
  }
}
