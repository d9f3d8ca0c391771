import { performance } from 'node:perf_hooks'
import type { PollClock } from './poll-clock.ts'

/** How long a sleep is to take, in milliseconds: an answer that comes meanwhile is read so much later. */
const sleepMs = { least: 0.05, most: 0.25 }
/**
 * How much longer it takes, in milliseconds: usually the kernel's slack of timers, and waking up. What is beyond the most was a stop.
 * @see https://man7.org/linux/man-pages/man2/PR_SET_TIMERSLACK.2const.html
 */
const sleepErrorMs = { usual: 0.06, most: 1 }
/** Nobody wakes who waits for it to change. */
const unchanging = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/**
 * Leaves the core to others until something is due: timers of Node are a millisecond late, which pings may not be. The alarms of a
 * thread's load models share it, so that one does not sleep where another one is due.
 */
export class Sleeper {
  /** Milliseconds asleep, without stops. */
  slept = 0
  /** Milliseconds from one sleep to the next that were spent on polling alone. */
  polling = 0
  readonly #clock: PollClock
  /** When something is due for the first time. */
  #earliest = Infinity
  /** When the latest sleep ended, and for how long the thread had been at work and had waited in polls until then. */
  #awakeSince = Infinity
  #activeThen = 0
  #idleThen = 0

  constructor(clock: PollClock) {
    this.#clock = clock
  }

  /** Something is due at a time: no sleep goes on beyond it, but for a tenth of a millisecond. */
  expect(at: number): void {
    this.#earliest = Math.min(this.#earliest, at)
  }

  /** The thread polls without a pause until the next sleep: whoever polls counts that. */
  interrupt(): void {
    this.#awakeSince = Infinity
  }

  /** Sleeps once, until about a time or less long. What arrives meanwhile the next poll brings. */
  sleep(at: number): void {
    const clock = this.#clock
    const now = clock.update()
    const wait = Math.min(at, this.#earliest) - now
    if (this.#earliest <= now) this.#earliest = Infinity
    if (wait <= 0 || clock.isReading) return
    const { idleTime } = performance.nodeTiming
    const [worked, waited] = [clock.active - this.#activeThen, idleTime - this.#idleThen]
    this.polling += Math.max(0, now - this.#awakeSince - worked - waited)
    const length = Math.min(Math.max(wait - sleepErrorMs.usual, sleepMs.least), sleepMs.most)
    Atomics.wait(unchanging, 0, 0, length)
    this.#awakeSince = clock.update()
    this.slept += Math.min(this.#awakeSince - now, length + sleepErrorMs.most)
    this.#activeThen = clock.active
    this.#idleThen = idleTime
  }
}
