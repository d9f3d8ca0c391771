/** No connection keeps more pings than this unanswered; what comes on top is dropped. */
export const mostInFlight = 65_536

const pending = 0
const settled = 1
const overdue = 2

/**
 * The pings of one connection from the oldest unsettled one to the newest: when each was due and when it was sent
 * (milliseconds of `performance.now()`). Sequence numbers count up from 0.
 */
export class InFlight {
  /** Sequence number of the oldest unsettled ping. */
  oldest = 0
  /** Sequence number of the next ping. */
  next = 0
  #mask: number
  #due: Float64Array
  #sent: Float64Array
  #state: Uint8Array

  /** @param separate whether pings can be sent later than they were due (open model) */
  constructor(capacity: number, separate: boolean) {
    const size = 2 ** Math.ceil(Math.log2(capacity))
    this.#mask = size - 1
    this.#sent = new Float64Array(size)
    this.#due = separate ? new Float64Array(size) : this.#sent
    this.#state = new Uint8Array(size)
  }

  /** Whether anything is unsettled. */
  get empty(): boolean {
    return this.oldest === this.next
  }

  get full(): boolean {
    return this.next - this.oldest >= mostInFlight
  }

  /** More than one ping is out: what a read delivers may have arrived after the poll that announced it. */
  get several(): boolean {
    return this.next - this.oldest > 1
  }

  add(due: number, sent: number): void {
    if (this.next - this.oldest > this.#mask) this.#grow()
    const at = this.next++ & this.#mask
    this.#due[at] = due
    this.#sent[at] = sent
    this.#state[at] = pending
  }

  /** Gives the pings from `first` on the time at which they were handed to the socket. */
  send(first: number, sent: number): void {
    for (let sequence = first; sequence < this.next; sequence++) this.#sent[sequence & this.#mask] = sent
  }

  due(sequence: number): number {
    return this.#due[sequence & this.#mask]!
  }

  sent(sequence: number): number {
    return this.#sent[sequence & this.#mask]!
  }

  /** The full sequence number behind its low 32 bits, or -1 if no unsettled ping has them. */
  locate(low: number): number {
    const sequence = this.oldest + ((low - this.oldest) >>> 0)
    return sequence < this.next && this.#state[sequence & this.#mask] !== settled ? sequence : -1
  }

  settle(sequence: number): void {
    this.#state[sequence & this.#mask] = settled
    while (this.oldest < this.next && this.#state[this.oldest & this.#mask] === settled) this.oldest++
  }

  /** Keeps a timed-out ping in line, because its answer would otherwise be taken for the next one's. */
  markOverdue(sequence: number): void {
    this.#state[sequence & this.#mask] = overdue
  }

  isOverdue(sequence: number): boolean {
    return this.#state[sequence & this.#mask] === overdue
  }

  isPending(sequence: number): boolean {
    return this.#state[sequence & this.#mask] === pending
  }

  #grow(): void {
    const size = (this.#mask + 1) * 2
    const shared = this.#due === this.#sent
    this.#sent = this.#moved(this.#sent, new Float64Array(size))
    this.#due = shared ? this.#sent : this.#moved(this.#due, new Float64Array(size))
    this.#state = this.#moved(this.#state, new Uint8Array(size))
    this.#mask = size - 1
  }

  #moved<A extends Float64Array | Uint8Array>(from: A, to: A): A {
    for (let sequence = this.oldest; sequence < this.next; sequence++) {
      to[sequence & (to.length - 1)] = from[sequence & this.#mask]!
    }
    return to
  }
}
