/** What is published meanwhile may not have come to others' subscribers before they leave. */
const settlesAfterMs = 1_000

/** How many messages have been published to each room that have had the time to reach the subscribers of other machines. */
export class Published {
  readonly #until: Record<'now' | 'lastSecond' | 'secondBefore', Float64Array>
  #second = -Infinity

  constructor(rooms: number) {
    const counts = (): Float64Array => new Float64Array(rooms)
    this.#until = { now: counts(), lastSecond: counts(), secondBefore: counts() }
  }

  /** @param sent when a message left, in milliseconds; no earlier than the one before */
  add(room: number, sent: number): void {
    if (sent >= this.#second + settlesAfterMs) this.#beginSecond(sent)
    this.#until.now[room]!++
  }

  /** Of each room: those that left a second or two before the latest one. */
  get settled(): number[] {
    return [...this.#until.secondBefore]
  }

  #beginSecond(at: number): void {
    const { now, lastSecond, secondBefore } = this.#until
    secondBefore.set(lastSecond)
    lastSecond.set(now)
    this.#second = at
  }
}
