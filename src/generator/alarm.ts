/** Timers wake a millisecond late and more: the last stretch is spent polling. */
const timerSlack = 2

/** Calls back at a time, or a little before it: who is called too early sets it again. */
export class Alarm {
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined
  #turn: NodeJS.Immediate | undefined

  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** @param at milliseconds of `performance.now()` */
  set(at: number): void {
    const wait = at - performance.now()
    if (wait > timerSlack) this.#timer = setTimeout(this.#ring, Math.floor(wait - timerSlack) + 1)
    else this.#turn = setImmediate(this.#ring)
  }

  clear(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#turn)
  }
}
