import type { PingTimes } from './ping-times.ts'

/** No connection keeps more pings than this, unanswered or waiting to be sent; what comes on top is dropped. */
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
  /** {@link PingTimes.left}; the same as `sent` where sending one takes no time of its own. */
  readonly left: Float64Array
  /** {@link PingTimes.floorIfOnTime}; `undefined` where pings are sent when they are due. */
  readonly floorIfOnTime: Float64Array | undefined
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
  readonly #areMade: boolean
  #block: Block | undefined

  /**
   * @param areSentLater whether pings can be sent later than they were due (open model)
   * @param areMade whether each has to be made, or compressed, before it leaves
   */
  constructor(areSentLater: boolean, areMade = false) {
    this.#areSentLater = areSentLater
    this.#areMade = areMade
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
    const left = this.#areMade ? new Float64Array(rows) : sent
    const due = this.#areSentLater ? new Float64Array(rows) : sent
    const floorIfOnTime = this.#areSentLater ? new Float64Array(rows) : undefined
    return { due, sent, left, floorIfOnTime, state: new Uint8Array(rows), used: 0 }
  }
}

/**
 * The pings of one connection from the oldest unsettled one to the newest: when each was due and when it was sent
 * (milliseconds of `performance.now()`). Those that were sent come first, those that wait to be sent after them. Sequence
 * numbers count up from 0.
 */
export class InFlight {
  /** Sequence number of the oldest unsettled ping. */
  oldest: number
  /** Sequence number of the first ping that is not sent. */
  unsent: number
  /** Sequence number of the next ping. */
  next: number
  /** Sequence number of the first ping whose pong, and that of every later one, is still to come. */
  #unanswered: number
  /** Sequence number of the first ping that was held back and whose floor is not known; Infinity if there is none. */
  #heldBack = Infinity
  readonly #memory: PingMemory
  #block: Block
  /** The first of this connection's rows in the block. */
  #first: number
  /** Their number, a power of two, less one. */
  #mask: number

  /** @param first sequence number of the first ping */
  constructor(capacity: number, memory: PingMemory, first: number = 0) {
    const rows = 2 ** Math.ceil(Math.log2(capacity))
    this.oldest = this.unsent = this.next = this.#unanswered = first
    this.#memory = memory
    this.#block = memory.take(rows)
    this.#first = this.#block.used - rows
    this.#mask = rows - 1
  }

  /** Whether nothing that was sent is unsettled. */
  get empty(): boolean {
    return this.oldest === this.unsent
  }

  /** Pings that are still to be sent. */
  get waiting(): number {
    return this.next - this.unsent
  }

  /** Pings that were sent and whose pong is still to come, timed-out ones among them: the server may know of all. */
  get pendingPongs(): number {
    return this.unsent - this.#unanswered
  }

  get full(): boolean {
    return this.next - this.oldest >= mostInFlight
  }

  /** More than one ping is out: what a read delivers may have arrived after the poll that announced it. */
  get several(): boolean {
    return this.unsent - this.oldest > 1
  }

  /** Adds a ping that is due, to be sent by {@link depart}. */
  add(ping: Pick<PingTimes, 'due'>): void {
    const row = this.#addRow()
    const { due, floorIfOnTime } = this.#block
    due[row] = ping.due
    if (floorIfOnTime !== undefined) floorIfOnTime[row] = Infinity
  }

  /** Holds back the ping that was added last: it is sent after answers that it would not have waited for. */
  holdBack(): void {
    const { due, floorIfOnTime } = this.#block
    if (floorIfOnTime === undefined) return
    const newest = this.next - 1
    const row = this.#row(newest)
    floorIfOnTime[row] = due[row]!
    if (this.#heldBack === Infinity) this.#heldBack = newest
  }

  /** Sends the next `count` of those that wait. */
  depart(count: number, ping: Pick<PingTimes, 'sent'>): void {
    const { sent, left } = this.#block
    for (let nth = 0; nth < count; nth++) {
      const row = this.#row(this.unsent++)
      sent[row] = ping.sent
      left[row] = ping.sent
    }
  }

  /**
   * Those from the one numbered `first` on that were handed over have left by a time.
   * @param count of them; default: all
   */
  leave(first: number, at: number, count: number = this.unsent - first): void {
    const { left } = this.#block
    for (let sequence = Math.max(first, this.oldest); sequence < first + count; sequence++)
      left[this.#row(sequence)] = at
  }

  /** Forgets the `count` that have waited the longest; those behind them take their numbers. */
  cancel(count: number): void {
    const { due, floorIfOnTime } = this.#block
    this.next -= count
    for (let sequence = this.unsent; sequence < this.next; sequence++) {
      const to = this.#row(sequence)
      const from = this.#row(sequence + count)
      due[to] = due[from]!
      if (floorIfOnTime !== undefined) floorIfOnTime[to] = floorIfOnTime[from]!
    }
    if (this.#heldBack > this.unsent) this.#heldBack = Math.max(this.unsent, this.#heldBack - count)
    if (this.#heldBack >= this.next) this.#heldBack = Infinity
  }

  due(sequence: number): number {
    return this.#block.due[this.#row(sequence)]!
  }

  sent(sequence: number): number {
    return this.#block.sent[this.#row(sequence)]!
  }

  left(sequence: number): number {
    return this.#block.left[this.#row(sequence)]!
  }

  /** Writes into `ping` when it was due and sent and had left, and what is known of its answer if it was held back. */
  lookUp(sequence: number, ping: Pick<PingTimes, 'due' | 'sent' | 'left' | 'floorIfOnTime'>): void {
    const row = this.#row(sequence)
    const { due, sent, left, floorIfOnTime } = this.#block
    ping.due = due[row]!
    ping.sent = sent[row]!
    ping.left = left[row]!
    if (floorIfOnTime !== undefined) ping.floorIfOnTime = floorIfOnTime[row]!
  }

  /** The full sequence number behind its low 32 bits, or -1 if no unsettled ping has them. */
  locate(low: number): number {
    const sequence = this.oldest + ((low - this.oldest) >>> 0)
    return sequence < this.unsent && this.#stateOf(sequence) !== settled ? sequence : -1
  }

  /**
   * The pong of the ping with these low 32 bits was read: none of an older one is still to come.
   * @param pong when it was surely not there yet
   */
  acknowledge(low: number, pong: Pick<PingTimes, 'floor'>): void {
    const sequence = this.#unanswered + ((low - this.#unanswered) >>> 0)
    if (sequence >= this.unsent) return
    this.#unanswered = sequence + 1
    if (this.#heldBack !== Infinity) this.#raiseFloors(pong)
  }

  /** Nothing that was sent is still to be answered: the connection that it was sent on is gone. */
  forgetUnanswered(): void {
    this.#unanswered = this.next
    this.#heldBack = Infinity
  }

  /** Whether a ping was sent whose sequence number has these low 32 bits, settled or not. */
  hasSent(low: number): boolean {
    return low < this.unsent
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

  /**
   * Pongs come in order. So a ping that was held back, had it been sent when it was due, would have been answered no
   * sooner than the pings that were sent before that: this is the answer to the last of them if the next one left later.
   * What left only after it was due says nothing of it: that it left so late was the generator's doing.
   */
  #raiseFloors({ floor }: Pick<PingTimes, 'floor'>): void {
    const { due, floorIfOnTime } = this.#block
    const answered = this.#unanswered - 1
    // One that is not in line any more left at least a timeout ago.
    const answeredLeft = answered < this.oldest ? -Infinity : this.sent(answered)
    const following = Math.max(this.#unanswered, this.oldest)
    const followingLeft = following < this.unsent ? this.sent(following) : Infinity
    this.#heldBack = Math.max(this.#heldBack, this.oldest)
    for (; this.#heldBack < this.next; this.#heldBack++) {
      const row = this.#row(this.#heldBack)
      if (floorIfOnTime![row] === Infinity) continue
      if (due[row]! > followingLeft) return
      if (answeredLeft <= due[row]!) floorIfOnTime![row] = Math.max(floor, floorIfOnTime![row]!)
    }
    this.#heldBack = Infinity
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
      block.left[to] = this.#block.left[from]!
      if (block.floorIfOnTime !== undefined) block.floorIfOnTime[to] = this.#block.floorIfOnTime![from]!
      block.state[to] = this.#block.state[from]!
    }
    this.#block = block
    this.#first = first
    this.#mask = rows - 1
  }
}
