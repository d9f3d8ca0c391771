import type { PingTimes } from './ping-times.ts'

/** No connection keeps more pings than this unanswered; what comes on top is dropped. */
export const mostInFlight = 65_536

const pending = 0
const settled = 1
const overdue = 2

/** Pings that one block of memory has room for. */
const rowsPerBlock = 4_096

/** Columns of a table of pings. */
interface Block {
  readonly due: Float64Array
  readonly sent: Float64Array
  readonly state: Uint8Array
  /** Rows handed out. */
  used: number
}

/**
 * Memory for the pings of all connections of a thread, side by side: a thousand connections with a few arrays each
 * would be a thousand times a few misses of the processor's cache in every round of pings.
 */
export class PingMemory {
  readonly #areSentLater: boolean
  #block: Block | undefined

  /** @param areSentLater whether pings can be sent later than they were due (open model) */
  constructor(areSentLater: boolean) {
    this.#areSentLater = areSentLater
  }

  /** A block whose last `rows` used rows are the caller's. */
  take(rows: number): Block {
    const free = this.#block === undefined ? 0 : this.#block.sent.length - this.#block.used
    if (rows > free) this.#block = this.#allocate(Math.max(rows, rowsPerBlock))
    this.#block!.used += rows
    return this.#block!
  }

  #allocate(rows: number): Block {
    const sent = new Float64Array(rows)
    const due = this.#areSentLater ? new Float64Array(rows) : sent
    return { due, sent, state: new Uint8Array(rows), used: 0 }
  }
}

/**
 * The pings of one connection from the oldest unsettled one to the newest: when each was due and when it was sent
 * (milliseconds of `performance.now()`). Sequence numbers count up from 0.
 */
export class InFlight {
  /** Sequence number of the oldest unsettled ping. */
  oldest = 0
  /** Sequence number of the next ping. */
  next = 0
  readonly #memory: PingMemory
  #block: Block
  /** The first of this connection's rows in the block. */
  #first: number
  /** Their number, a power of two, less one. */
  #mask: number

  constructor(capacity: number, memory: PingMemory) {
    const rows = 2 ** Math.ceil(Math.log2(capacity))
    this.#memory = memory
    this.#block = memory.take(rows)
    this.#first = this.#block.used - rows
    this.#mask = rows - 1
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

  /** Adds a ping that is sent as soon as it is due. */
  add(ping: Pick<PingTimes, 'due' | 'sent'>): void {
    const row = this.#addRow()
    this.#block.due[row] = ping.due
    this.#block.sent[row] = ping.sent
  }

  /** Adds a ping that was due and waits for {@link depart}. */
  queue(ping: Pick<PingTimes, 'due'>): void {
    const row = this.#addRow()
    this.#block.due[row] = ping.due
    this.#block.sent[row] = Infinity
  }

  /** Sends the queued pings from the one numbered `first` on. */
  depart(first: number, ping: Pick<PingTimes, 'sent'>): void {
    for (let sequence = first; sequence < this.next; sequence++) this.#block.sent[this.#row(sequence)] = ping.sent
  }

  due(sequence: number): number {
    return this.#block.due[this.#row(sequence)]!
  }

  sent(sequence: number): number {
    return this.#block.sent[this.#row(sequence)]!
  }

  /** Writes into `ping` when it was due and sent. */
  lookUp(sequence: number, ping: Pick<PingTimes, 'due' | 'sent'>): void {
    const row = this.#row(sequence)
    ping.due = this.#block.due[row]!
    ping.sent = this.#block.sent[row]!
  }

  /** The full sequence number behind its low 32 bits, or -1 if no unsettled ping has them. */
  locate(low: number): number {
    const sequence = this.oldest + ((low - this.oldest) >>> 0)
    return sequence < this.next && this.#stateOf(sequence) !== settled ? sequence : -1
  }

  settle(sequence: number): void {
    this.#block.state[this.#row(sequence)] = settled
    while (this.oldest < this.next && this.#stateOf(this.oldest) === settled) this.oldest++
  }

  /** Keeps a timed-out ping in line, because its answer would otherwise be taken for the next one's. */
  markOverdue(sequence: number): void {
    this.#block.state[this.#row(sequence)] = overdue
  }

  isOverdue(sequence: number): boolean {
    return this.#stateOf(sequence) === overdue
  }

  isPending(sequence: number): boolean {
    return this.#stateOf(sequence) === pending
  }

  #addRow(): number {
    if (this.next - this.oldest > this.#mask) this.#grow()
    const row = this.#row(this.next++)
    this.#block.state[row] = pending
    return row
  }

  #row(sequence: number): number {
    return this.#first + (sequence & this.#mask)
  }

  #stateOf(sequence: number): number {
    return this.#block.state[this.#row(sequence)]!
  }

  #grow(): void {
    const rows = (this.#mask + 1) * 2
    const block = this.#memory.take(rows)
    const first = block.used - rows
    for (let sequence = this.oldest; sequence < this.next; sequence++) {
      const from = this.#row(sequence)
      const to = first + (sequence & (rows - 1))
      block.due[to] = this.#block.due[from]!
      block.sent[to] = this.#block.sent[from]!
      block.state[to] = this.#block.state[from]!
    }
    this.#block = block
    this.#first = first
    this.#mask = rows - 1
  }
}
