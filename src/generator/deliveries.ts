import type { MessageTable } from './message-table.ts'
import type { PingTimes } from './ping-times.ts'
import { Receipts, sequences } from './receipts.ts'
import type { Recorder } from './recorder.ts'
import { type BlockCounts, SequenceBlocks } from './sequence-blocks.ts'
import type { SharedClock } from './shared-clock.ts'
import type { FanOutPlan } from './thread-plan.ts'

interface DeliveriesContext {
  readonly plan: FanOutPlan
  readonly table: MessageTable
  readonly clock: SharedClock
  /** Number in the run of this thread's first subscriber. */
  readonly firstSubscriber: number
  /** A delivery that takes longer, in milliseconds, has missed. */
  readonly timeout: number
  /** When the delivery that is being read arrived. */
  readonly ping: PingTimes
  readonly recorder: Recorder
  /** This thread waits for nothing of a message any more. */
  readonly closed: (publisher: number, sequence: number) => void
}

/** What reaches this thread's subscribers: one sample for each message and subscriber. */
export class Deliveries {
  /** Deliveries of a measured message to a subscriber that had it already; of other machines' messages those since the window began. */
  duplicates = 0
  /** Those behind which their publisher's later message had come to the same subscriber; likewise. @see RFC 4737 section 3.3 */
  outOfOrder = 0
  /** Deliveries to a subscriber of another room: of a measured message, or of any of another machine's. */
  misrouted = 0
  /** Deliveries of what publishers of other machines have published, in the whole run, each once: they are not timed here. */
  fromOthers = 0
  /** Measured messages whose publisher the server answered with an error. */
  refused = 0
  readonly #context: DeliveriesContext
  readonly #thread: number
  /** Of each of this thread's subscribers: its room, and its place among the room's. */
  readonly #rooms: Int32Array
  readonly #places: Int32Array
  readonly #isMember: Uint8Array
  /** Of each room: how many of this thread's subscribers it had at the beginning, and how many of them have left since. */
  readonly #members: Int32Array
  readonly #left: Int32Array
  /** Of each publisher: the first message that is not closed. */
  readonly #oldest: Int32Array
  /** Of each publisher: the latest message that came to each member, one more than its sequence number. */
  readonly #latest: (Int32Array | undefined)[]
  /** Of each row of the table: the message that this thread knows of, what it knows of it, and which members have it. */
  readonly #sequence: Int32Array
  readonly #received: Int32Array
  readonly #lost: Int32Array
  readonly #isClosed: Uint8Array
  readonly #firstFloor: Float64Array
  readonly #firstCeiling: Float64Array
  readonly #lastFloor: Float64Array
  readonly #lastCeiling: Float64Array
  readonly #has: Uint8Array
  readonly #bytesPerRow: number
  /** Number in the run of each machine's first publisher. */
  readonly #firstPublishers: readonly number[]
  /** Of other machines' messages, by number of their publisher in the run. */
  readonly #receipts: Receipts
  readonly #came: SequenceBlocks
  #isOver = false

  constructor(context: DeliveriesContext) {
    const { plan, table } = context
    const { thread, rooms, subscribers, firstSubscriber, publishersOfMachines } = plan
    const before = subscribers.slice(0, thread).reduce((sum, count) => sum + count, 0)
    const own = subscribers[thread]!
    this.#context = context
    this.#thread = thread
    this.#rooms = Int32Array.from({ length: own }, (_, nth) => (firstSubscriber + before + nth) % rooms)
    this.#places = Int32Array.from({ length: own }, (_, nth) => Math.floor(nth / rooms))
    this.#isMember = new Uint8Array(own)
    this.#members = new Int32Array(rooms)
    this.#left = new Int32Array(rooms)
    this.#oldest = new Int32Array(table.publishers)
    this.#latest = Array.from({ length: table.publishers })
    this.#sequence = new Int32Array(table.rows).fill(-1)
    this.#received = new Int32Array(table.rows)
    this.#lost = new Int32Array(table.rows)
    this.#isClosed = new Uint8Array(table.rows)
    this.#firstFloor = new Float64Array(table.rows)
    this.#firstCeiling = new Float64Array(table.rows)
    this.#lastFloor = new Float64Array(table.rows)
    this.#lastCeiling = new Float64Array(table.rows)
    this.#bytesPerRow = Math.ceil(Math.ceil(own / rooms) / 8)
    this.#has = new Uint8Array(table.rows * this.#bytesPerRow)
    this.#firstPublishers = publishersOfMachines.map((_, machine) =>
      publishersOfMachines.slice(0, machine).reduce((sum, count) => sum + count, 0),
    )
    const allPublishers = publishersOfMachines.reduce((sum, count) => sum + count, 0)
    const heardOf = plan.machines > 1 ? allPublishers : 0
    this.#receipts = new Receipts(heardOf, Math.ceil(own / rooms), plan.capacity)
    this.#came = new SequenceBlocks(heardOf)
  }

  /** The subscribers that are there now are those that a message is meant for, to the end of the run. */
  begin(isThere: (nth: number) => boolean): void {
    const { table, plan } = this.#context
    for (let nth = 0; nth < this.#rooms.length; nth++) {
      if (!isThere(nth)) continue
      this.#isMember[nth] = 1
      this.#members[this.#rooms[nth]!]!++
    }
    table.members.set(this.#members, this.#thread * plan.rooms)
  }

  /** Takes a message that came over a connection; says whether it was published in this run, and came to a subscriber. */
  take(connection: number, message: number): boolean {
    const { plan, table, ping, clock, recorder, firstSubscriber, timeout } = this.#context
    const nth = connection - firstSubscriber
    const publisher = message % table.publishers
    const sequence = Math.floor(message / table.publishers)
    const isToMember = nth >= 0 && this.#isMember[nth] === 1
    const published = Atomics.load(table.published, publisher)
    if (!isToMember || sequence >= published) return false
    // What its row was given to another one for was settled long ago.
    if (published - sequence > plan.capacity) return true
    const row = table.row(publisher, sequence)
    if (table.roomOf(publisher) !== this.#rooms[nth]) {
      this.misrouted += table.isMeasured[row]!
      return true
    }
    if (sequence < this.#sequence[row]!) return true
    this.#know(row, publisher, sequence)
    if (this.#hadBefore(row, nth)) {
      this.duplicates += table.isMeasured[row]!
      return true
    }
    this.#noteOrder(publisher, sequence, nth, row)
    if (this.#isClosed[row] === 1) return true
    ping.due = table.due[row]! - clock.offset - clock.uncertainty
    ping.sent = table.sent[row]! - clock.offset + clock.uncertainty
    ping.left = ping.sent
    if (ping.floor - ping.sent > timeout) return true
    this.#received[row]!++
    this.#noteTimes(row)
    if (table.isMeasured[row] === 1) {
      ping.due = Math.max(ping.due, recorder.from)
      recorder.delivered(ping)
    } else {
      recorder.came(ping)
    }
    this.#closeIfDone(row, publisher, sequence)
    return true
  }

  /** A message of another machine's publisher came over a connection; says whether it can be one of this run. */
  takeFromOthers(connection: number, message: number): boolean {
    const { rooms, machines, publishersOfMachines } = this.#context.plan
    const machine = message % machines
    const ofMachine = Math.floor(message / machines)
    const publishers = publishersOfMachines[machine]!
    const sequence = Math.floor(ofMachine / publishers)
    if (!(sequence < sequences)) return false
    const nth = connection - this.#context.firstSubscriber
    if (nth < 0 || this.#isMember[nth] !== 1) return true
    const publisher = this.#firstPublishers[machine]! + (ofMachine % publishers)
    if (publisher % rooms === this.#rooms[nth]) this.#receive(publisher, sequence, nth)
    else this.misrouted++
    return true
  }

  /** Counts another machine's message to a member. Whether it was due in the measured window only that machine knows. */
  #receive(publisher: number, sequence: number, nth: number): void {
    const { ping, recorder } = this.#context
    const receipt = this.#receipts.take(publisher, this.#places[nth]!, sequence)
    const isInWindow = ping.ceiling >= recorder.from
    if (receipt === 'next' || receipt === 'late') {
      this.fromOthers++
      this.#came.add(publisher, sequence)
    }
    if (receipt === 'again' && isInWindow) this.duplicates++
    if (receipt === 'late' && isInWindow) this.outOfOrder++
  }

  /** Of each room: members that have been there to the end. */
  get faithful(): number[] {
    return Array.from(this.#members, (count, room) => count - this.#left[room]!)
  }

  /** Deliveries to them of other machines' messages, by number of their publisher in the run. */
  get cameFromOthers(): BlockCounts {
    return this.#came
  }

  isPublisher(connection: number): boolean {
    return connection < this.#context.firstSubscriber
  }

  /** The server has answered a connection with an error that names a message. */
  refuse(connection: number, message: number): void {
    const { plan, table } = this.#context
    const publisher = message % table.publishers
    const sequence = Math.floor(message / table.publishers)
    if (message < 0 || !this.isPublisher(connection)) return
    const published = Atomics.load(table.published, publisher)
    if (sequence >= published || published - sequence > plan.capacity) return
    this.refused += table.isMeasured[table.row(publisher, sequence)]!
  }

  /** A subscriber has left: what it does not have it misses. */
  left(connection: number): void {
    const nth = connection - this.#context.firstSubscriber
    if (this.#isOver || this.#isMember[nth] !== 1) return
    this.#isMember[nth] = 0
    const room = this.#rooms[nth]!
    this.#forEachOpen(room, (row, publisher, sequence) => {
      this.#know(row, publisher, sequence)
      if (this.#isClosed[row] === 1 || this.#hadBefore(row, nth)) return
      this.#lost[row]!++
      this.#closeIfDone(row, publisher, sequence)
    })
    this.#left[room]!++
    this.#forgetFromOthers(room, this.#places[nth]!)
  }

  /** Who has left is no longer counted on. What it lacks of what came before its latest message was lost while it was there, and stays so. */
  #forgetFromOthers(room: number, place: number): void {
    const { rooms } = this.#context.plan
    for (let publisher = room; publisher < this.#came.lengths.length; publisher += rooms) {
      this.#came.subtractBelow(publisher, this.#receipts.endOf(publisher, place))
    }
  }

  /** Waits no longer for what was sent so long before `now` (milliseconds of `performance.now()`). */
  expire(now: number): void {
    const { table, clock, timeout } = this.#context
    const limit = now - timeout + clock.offset - clock.uncertainty
    this.#forEachOpen(undefined, (row, publisher, sequence) => {
      this.#know(row, publisher, sequence)
      this.#closeIfDone(row, publisher, sequence)
      if (this.#isClosed[row] === 0 && table.sent[row]! < limit) this.#close(row, publisher, sequence, 'timedOut')
    })
  }

  /** Waits for nothing any more. */
  giveUp(): void {
    this.#forEachOpen(undefined, (row, publisher, sequence) => {
      this.#know(row, publisher, sequence)
      if (this.#isClosed[row] === 0) this.#close(row, publisher, sequence, 'lost')
    })
    this.#isOver = true
  }

  /** Whether anything that was published is still to come. */
  get isOutstanding(): boolean {
    const { table } = this.#context
    return this.#oldest.some(
      (oldest, publisher) =>
        this.#members[table.roomOf(publisher)]! > 0 && oldest < Atomics.load(table.published, publisher),
    )
  }

  /** Calls back with each measured message under way: when it was due and sent, and how many members lack it. */
  forEachLacking(visit: (due: number, sent: number, count: number) => void): void {
    const { table, clock, recorder } = this.#context
    this.#forEachOpen(undefined, (row, publisher, sequence) => {
      this.#know(row, publisher, sequence)
      if (this.#isClosed[row] === 1 || table.isMeasured[row] !== 1) return
      const due = Math.max(table.due[row]! - clock.offset, recorder.from)
      visit(due, table.sent[row]! - clock.offset, this.#lacking(row, table.roomOf(publisher)))
    })
  }

  /** Begins to know of a message that takes the place of a settled one. */
  #know(row: number, publisher: number, sequence: number): void {
    if (this.#sequence[row] === sequence) return
    this.#sequence[row] = sequence
    this.#received[row] = 0
    this.#lost[row] = this.#left[this.#context.table.roomOf(publisher)]!
    this.#isClosed[row] = 0
    this.#has.fill(0, row * this.#bytesPerRow, (row + 1) * this.#bytesPerRow)
  }

  /** Whether a subscriber had a message already; from now on it has. */
  #hadBefore(row: number, nth: number): boolean {
    const place = this.#places[nth]!
    const at = row * this.#bytesPerRow + (place >> 3)
    const bit = 1 << (place & 7)
    const before = this.#has[at]!
    this.#has[at] = before | bit
    return (before & bit) !== 0
  }

  #noteOrder(publisher: number, sequence: number, nth: number, row: number): void {
    const latest = (this.#latest[publisher] ??= new Int32Array(this.#bytesPerRow * 8))
    const place = this.#places[nth]!
    if (sequence + 1 > latest[place]!) latest[place] = sequence + 1
    else this.outOfOrder += this.#context.table.isMeasured[row]!
  }

  /** Widens the span from the first delivery to the last one by the one at hand. */
  #noteTimes(row: number): void {
    const { ping } = this.#context
    const isFirst = this.#received[row] === 1
    this.#firstFloor[row] = isFirst ? ping.floor : Math.min(this.#firstFloor[row]!, ping.floor)
    this.#firstCeiling[row] = isFirst ? ping.ceiling : Math.min(this.#firstCeiling[row]!, ping.ceiling)
    this.#lastFloor[row] = isFirst ? ping.floor : Math.max(this.#lastFloor[row]!, ping.floor)
    this.#lastCeiling[row] = isFirst ? ping.ceiling : Math.max(this.#lastCeiling[row]!, ping.ceiling)
  }

  #lacking(row: number, room: number): number {
    return this.#members[room]! - this.#received[row]! - this.#lost[row]!
  }

  #closeIfDone(row: number, publisher: number, sequence: number): void {
    if (this.#isClosed[row] === 1 || this.#lacking(row, this.#context.table.roomOf(publisher)) > 0) return
    this.#close(row, publisher, sequence, 'lost')
  }

  /** @param as what those still lacking are counted as */
  #close(row: number, publisher: number, sequence: number, as: 'timedOut' | 'lost'): void {
    const { table, clock, recorder, closed } = this.#context
    const lacking = this.#lacking(row, table.roomOf(publisher))
    const lost = this.#lost[row]!
    if (table.isMeasured[row] === 1) {
      const due = Math.max(table.due[row]! - clock.offset, recorder.from)
      if (lacking > 0) recorder.missed(as, due, lacking)
      if (lost > 0) recorder.missed('lost', due, lost)
    }
    const part = table.part(this.#thread, row)
    table.received[part] = this.#received[row]!
    table.lost[part] = as === 'lost' ? lost + lacking : lost
    table.firstFloor[part] = this.#firstFloor[row]! + clock.offset - clock.uncertainty
    table.firstCeiling[part] = this.#firstCeiling[row]! + clock.offset + clock.uncertainty
    table.lastFloor[part] = this.#lastFloor[row]! + clock.offset - clock.uncertainty
    table.lastCeiling[part] = this.#lastCeiling[row]! + clock.offset + clock.uncertainty
    this.#isClosed[row] = 1
    Atomics.store(table.closed, part, sequence + 1)
    this.#passClosed(publisher)
    closed(publisher, sequence)
  }

  /** Goes on behind the messages of a publisher that are closed. */
  #passClosed(publisher: number): void {
    const { table } = this.#context
    const end = Atomics.load(table.published, publisher)
    let oldest = this.#oldest[publisher]!
    while (oldest < end) {
      const row = table.row(publisher, oldest)
      if (this.#sequence[row] !== oldest || this.#isClosed[row] === 0) break
      oldest++
    }
    this.#oldest[publisher] = oldest
  }

  /** Calls back with the messages that may be open, of one room or of all that have members here. */
  #forEachOpen(room: number | undefined, visit: (row: number, publisher: number, sequence: number) => void): void {
    const { table } = this.#context
    const [first, step] = room === undefined ? [0, 1] : [table.firstIn(room), table.rooms]
    for (let publisher = first; publisher < table.publishers; publisher += step) {
      if (this.#members[table.roomOf(publisher)] === 0) continue
      const end = Atomics.load(table.published, publisher)
      for (let sequence = this.#oldest[publisher]!; sequence < end; sequence++) {
        visit(table.row(publisher, sequence), publisher, sequence)
      }
    }
  }
}
