/** A queue of things to be done later, in order and never too early: Node's own timers may fire up to a loop turn early. */
export class DelayLine {
  readonly #held: { readonly dueAt: number; readonly run: () => void }[] = []
  #timer: NodeJS.Timeout | undefined
  #lastDueAt = 0

  /** Runs `run` in `ms` milliseconds, or right after what is held already if that is later. */
  hold(ms: number, run: () => void): void {
    this.#lastDueAt = Math.max(this.#lastDueAt, performance.now() + ms)
    this.#held.push({ dueAt: this.#lastDueAt, run })
    if (this.#held.length === 1) this.#arm()
  }

  /** Drops everything that is held. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#held.length = 0
  }

  #arm(): void {
    const next = this.#held[0]
    if (next) this.#timer = setTimeout(() => this.#release(), Math.max(0, Math.ceil(next.dueAt - performance.now())))
  }

  #release(): void {
    while (this.#held.length > 0 && this.#held[0]!.dueAt <= performance.now()) this.#held.shift()!.run()
    this.#arm()
  }
}
