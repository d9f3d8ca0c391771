import type { FanOutPlan } from './thread-plan.ts'

type Shape = Pick<FanOutPlan, 'rooms' | 'publishers' | 'capacity' | 'firstPublisher'>

const bytesOfFloat = 8
const bytesOfInt = 4

/**
 * The messages under way, in memory that all threads of a fan-out share: a publisher's thread writes down when a message was
 * due and sent, the thread of a subscriber when it reached its own ones. Each value has one writer; the others read it once
 * an atomic store has told them of it.
 *
 * A message has the number `sequence × publishers + publisher`, and each publisher a ring of `capacity` rows. Times are
 * those of the shared clock.
 */
export class MessageTable {
  readonly publishers: number
  readonly threads: number
  readonly rooms: number
  /** Messages of each publisher until now. */
  readonly published: Int32Array
  /** Members of each room among the subscribers of each thread. */
  readonly members: Int32Array
  /** Counted up when something was closed of a message of each thread's publishers. */
  readonly bells: Int32Array
  /** Threads that may still publish, and those that may still receive. */
  readonly busy: Int32Array
  readonly due: Float64Array
  readonly sent: Float64Array
  /** Whether a message was due in the measured window. */
  readonly isMeasured: Int32Array
  /** Of each thread and row: one more than the sequence number that it waits for no longer. */
  readonly closed: Int32Array
  /** What the thread had found out by then: how many of its members had the message, and how many could not have it any more. */
  readonly received: Int32Array
  readonly lost: Int32Array
  /** Brackets of the first and of the last delivery to them. */
  readonly firstFloor: Float64Array
  readonly firstCeiling: Float64Array
  readonly lastFloor: Float64Array
  readonly lastCeiling: Float64Array
  readonly #capacity: number
  readonly #firstPublishers: readonly number[]
  readonly #firstOfMachine: number

  /** Memory for a fan-out. */
  static allocate(shape: Shape): SharedArrayBuffer {
    const { publishers, threads, rows, rooms } = sizesOf(shape)
    const floats = rows * (2 + 4 * threads)
    const ints = publishers + threads * rooms + threads + 2 + rows * (1 + 3 * threads)
    const memory = new SharedArrayBuffer(floats * bytesOfFloat + ints * bytesOfInt)
    new MessageTable({ ...shape, memory }).busy.fill(threads)
    return memory
  }

  constructor({ memory, ...shape }: Shape & { readonly memory: SharedArrayBuffer }) {
    const { publishers, threads, rows, rooms } = sizesOf(shape)
    let at = 0
    const floats = (length: number): Float64Array => {
      const array = new Float64Array(memory, at, length)
      at += length * bytesOfFloat
      return array
    }
    const ints = (length: number): Int32Array => {
      const array = new Int32Array(memory, at, length)
      at += length * bytesOfInt
      return array
    }
    this.publishers = publishers
    this.threads = threads
    this.rooms = rooms
    this.#capacity = shape.capacity
    this.#firstOfMachine = shape.firstPublisher
    this.#firstPublishers = shape.publishers.map((_, nth) => totalOf(shape.publishers.slice(0, nth)))
    this.due = floats(rows)
    this.sent = floats(rows)
    this.firstFloor = floats(threads * rows)
    this.firstCeiling = floats(threads * rows)
    this.lastFloor = floats(threads * rows)
    this.lastCeiling = floats(threads * rows)
    this.published = ints(publishers)
    this.members = ints(threads * rooms)
    this.bells = ints(threads)
    this.busy = ints(2)
    this.isMeasured = ints(rows)
    this.closed = ints(threads * rows)
    this.received = ints(threads * rows)
    this.lost = ints(threads * rows)
  }

  /** Rows of all publishers. */
  get rows(): number {
    return this.due.length
  }

  /** Where a message stands. */
  row(publisher: number, sequence: number): number {
    return publisher * this.#capacity + (sequence & (this.#capacity - 1))
  }

  /** Where a thread's part of a row stands. */
  part(thread: number, row: number): number {
    return thread * this.rows + row
  }

  roomOf(publisher: number): number {
    return (this.#firstOfMachine + publisher) % this.rooms
  }

  /** The first publisher of a room; each next one comes as many after it as there are rooms. */
  firstIn(room: number): number {
    return (room + this.rooms - (this.#firstOfMachine % this.rooms)) % this.rooms
  }

  /** The thread that a publisher belongs to. */
  threadOf(publisher: number): number {
    return this.#firstPublishers.findLastIndex((first) => first <= publisher)
  }

  membersOf(thread: number, room: number): number {
    return this.members[thread * this.rooms + room]!
  }

  /** Whether a thread waits for nothing of a message any more. */
  isClosed(thread: number, row: number, sequence: number): boolean {
    return Atomics.load(this.closed, this.part(thread, row)) === sequence + 1
  }
}

function sizesOf({ publishers, capacity, rooms }: Shape) {
  const all = totalOf(publishers)
  return { publishers: all, threads: publishers.length, rows: all * capacity, rooms }
}

function totalOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
