import { availableParallelism } from 'node:os'
import type { PollClock } from './poll-clock.ts'

/** Below this share of busy time the loop has time to look again and again. */
const calm = 0.5
/** How long the share of busy time is taken over, in milliseconds. */
const judgedOver = 10

/**
 * Lets an idle event loop look for answers, so that the bracket around each of them is narrow: without it, a loop that
 * waits for one answer has not looked since it sent the ping. A calm loop looks without a pause, on a machine that has a
 * core to spare for it; a busy one looks often enough by itself, and a timer sees to the rest once a millisecond.
 */
export class Lookout {
  /** Milliseconds spent on looking alone. */
  spent = 0
  readonly #clock: PollClock
  readonly #untiring: boolean = availableParallelism() > 1
  #users = 0
  #turn: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #calm = false
  #judged = performance.now()
  #busy = 0
  #looked = Infinity
  #reads = 0

  constructor(clock: PollClock) {
    this.#clock = clock
  }

  start(): void {
    if (++this.#users === 1) this.#look()
  }

  /** Looks no more when everyone who started it has stopped it. */
  stop(): void {
    if (--this.#users > 0) return
    clearImmediate(this.#turn)
    clearTimeout(this.#timer)
  }

  readonly #look = (): void => {
    const { busy, reads } = this.#clock
    const now = this.#clock.look()
    if (reads === this.#reads && now > this.#looked) this.spent += now - this.#looked
    this.#reads = reads
    if (now - this.#judged >= judgedOver) {
      this.#calm = this.#untiring && busy - this.#busy < calm * (now - this.#judged)
      this.#judged = now
      this.#busy = busy
    }
    this.#looked = this.#calm ? now : Infinity
    if (this.#calm) this.#turn = setImmediate(this.#look)
    else this.#timer = setTimeout(this.#look, 1)
  }
}
