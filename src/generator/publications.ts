import { performance } from 'node:perf_hooks'
import type { MessageTable } from './message-table.ts'
import { PingTimes } from './ping-times.ts'
import { Published } from './published.ts'
import type { Recorder } from './recorder.ts'
import type { SharedClock } from './shared-clock.ts'
import type { FanOutPlan } from './thread-plan.ts'

interface PublicationsContext {
  readonly plan: FanOutPlan
  readonly table: MessageTable
  readonly clock: SharedClock
  /** Number of this thread's first publisher. */
  readonly firstPublisher: number
  /** When the message at hand was due and is sent. */
  readonly ping: PingTimes
  /** Of what reaches subscribers. */
  readonly deliveries: Recorder
  /** Of messages: until the first of their subscribers has them, and until the last one has. */
  readonly firsts: Recorder
  readonly completions: Recorder
  /** Sends a message that is written down, and calls `leaves` when it is made; says whether it could be. */
  readonly send: (publisher: number, message: number, leaves: () => void) => boolean
  /** Nothing of a message is waited for any more. */
  readonly settled: (publisher: number) => void
}

/** The messages of this thread's publishers, from the instant that they are sent until all threads have closed them. */
export class Publications {
  /** For the subscribers of other machines; `undefined` where there is none. */
  readonly published: Published | undefined
  readonly #context: PublicationsContext
  /** Of each own publisher: the first message that is not settled. */
  readonly #oldest: Int32Array
  /** Of each own row. */
  readonly #isSettled: Uint8Array
  /** Of the message that is settled: what is read meanwhile has times of its own. */
  readonly #times: PingTimes = new PingTimes()

  constructor(context: PublicationsContext) {
    const { plan } = context
    const own = plan.publishers[plan.thread]!
    this.published = plan.machines > 1 ? new Published(own) : undefined
    this.#context = context
    this.#oldest = new Int32Array(own)
    this.#isSettled = new Uint8Array(own * plan.capacity)
  }

  /** Whether a publisher may have as many messages under way as these and another one. */
  hasPlace(publisher: number, queued: number): boolean {
    const { table, plan, firstPublisher } = this.#context
    const underWay = table.published[publisher]! - this.#oldest[publisher - firstPublisher]!
    return underWay + queued < plan.capacity
  }

  /** Publishes the message at hand. One that nobody is to have is settled later: at once, it would make room for the next one for ever. */
  publish(publisher: number): void {
    const { table, clock, deliveries, completions, firsts, firstPublisher, ping, send } = this.#context
    const { due, sent } = ping
    const sequence = table.published[publisher]!
    const row = table.row(publisher, sequence)
    const isMeasured = due >= deliveries.from
    table.due[row] = due + clock.offset - clock.uncertainty
    table.sent[row] = sent + clock.offset + clock.uncertainty
    table.isMeasured[row] = Number(isMeasured)
    this.#isSettled[this.#ownRow(row)] = 0
    Atomics.store(table.published, publisher, sequence + 1)
    const leaves = (): void => {
      if (this.#isUnsettled(publisher, sequence)) table.sent[row] = performance.now() + clock.offset + clock.uncertainty
    }
    if (send(publisher, sequence * table.publishers + publisher, leaves)) {
      // Subscribers of other machines wait for nothing that leaves late.
      if (sent < deliveries.until) this.published?.add(publisher - firstPublisher, sequence, sent)
      if (isMeasured && sent > due) deliveries.sendDelay.recordMs(sent - due)
      return
    }
    table.isMeasured[row] = 0
    table.sent[row] = -Infinity
    for (const recorder of [completions, firsts]) recorder.count('dropped', due)
    deliveries.count('dropped', due, this.#expected(publisher))
  }

  /** Counts messages that were due in one slice and that no publisher could send: each has as many subscribers as one of theirs on average. */
  drop(due: number, messages: number): void {
    const { deliveries, completions, firsts, firstPublisher } = this.#context
    for (const recorder of [completions, firsts]) recorder.count('dropped', due, messages)
    const expected = Array.from(this.#oldest, (_, nth) => this.#expected(firstPublisher + nth))
    const average = expected.reduce((sum, count) => sum + count, 0) / expected.length
    deliveries.count('dropped', due, Math.round(messages * average))
  }

  /** Settles a message if all threads have closed it. */
  settle(publisher: number, sequence: number): void {
    const { table, settled } = this.#context
    const row = table.row(publisher, sequence)
    const own = this.#ownRow(row)
    const room = table.roomOf(publisher)
    if (this.#isSettled[own] === 1) return
    for (let thread = 0; thread < table.threads; thread++) {
      if (table.membersOf(thread, room) > 0 && !table.isClosed(thread, row, sequence)) return
    }
    this.#isSettled[own] = 1
    if (table.isMeasured[row] === 1) this.#record(row, room)
    this.#passSettled(publisher)
    settled(publisher)
  }

  /** Settles what can be. */
  settleAll(): void {
    this.#forEachUnsettled((publisher, sequence) => this.settle(publisher, sequence))
  }

  get isOutstanding(): boolean {
    const { table, firstPublisher } = this.#context
    return this.#oldest.some((oldest, nth) => oldest < table.published[firstPublisher + nth]!)
  }

  /** Calls back with each measured message under way: when it was due and sent. */
  forEachUnderWay(visit: (due: number, sent: number) => void): void {
    const { table, clock } = this.#context
    this.#forEachUnsettled((publisher, sequence) => {
      const row = table.row(publisher, sequence)
      if (table.isMeasured[row] === 1) visit(table.due[row]! - clock.offset, table.sent[row]! - clock.offset)
    })
  }

  #isUnsettled(publisher: number, sequence: number): boolean {
    const { table, firstPublisher } = this.#context
    if (sequence < this.#oldest[publisher - firstPublisher]!) return false
    return this.#isSettled[this.#ownRow(table.row(publisher, sequence))] === 0
  }

  #record(row: number, room: number): void {
    const { table, clock, firsts, completions } = this.#context
    const times = this.#times
    let [expected, received, lost] = [0, 0, 0]
    let [firstFloor, firstCeiling, lastFloor, lastCeiling] = [Infinity, Infinity, -Infinity, -Infinity]
    for (let thread = 0; thread < table.threads; thread++) {
      const members = table.membersOf(thread, room)
      if (members === 0) continue
      const part = table.part(thread, row)
      expected += members
      received += table.received[part]!
      lost += table.lost[part]!
      if (table.received[part] === 0) continue
      firstFloor = Math.min(firstFloor, table.firstFloor[part]!)
      firstCeiling = Math.min(firstCeiling, table.firstCeiling[part]!)
      lastFloor = Math.max(lastFloor, table.lastFloor[part]!)
      lastCeiling = Math.max(lastCeiling, table.lastCeiling[part]!)
    }
    const missed = lost > 0 ? 'lost' : 'timedOut'
    times.due = Math.max(table.due[row]! - clock.offset, completions.from)
    times.sent = table.sent[row]! - clock.offset
    times.left = times.sent
    if (received > 0) {
      times.floor = firstFloor - clock.offset
      times.ceiling = firstCeiling - clock.offset
      firsts.delivered(times)
    } else firsts.missed(missed, times.due, 1)
    if (received === expected && expected > 0) {
      times.floor = lastFloor - clock.offset
      times.ceiling = lastCeiling - clock.offset
      completions.delivered(times)
    } else completions.missed(missed, times.due, 1)
  }

  #expected(publisher: number): number {
    const { table } = this.#context
    const room = table.roomOf(publisher)
    let expected = 0
    for (let thread = 0; thread < table.threads; thread++) expected += table.membersOf(thread, room)
    return expected
  }

  #ownRow(row: number): number {
    const { plan, firstPublisher } = this.#context
    return row - firstPublisher * plan.capacity
  }

  /** Goes on behind the messages of a publisher that are settled. */
  #passSettled(publisher: number): void {
    const { table, firstPublisher } = this.#context
    const nth = publisher - firstPublisher
    let oldest = this.#oldest[nth]!
    while (oldest < table.published[publisher]! && this.#isSettled[this.#ownRow(table.row(publisher, oldest))] === 1) {
      oldest++
    }
    this.#oldest[nth] = oldest
  }

  #forEachUnsettled(visit: (publisher: number, sequence: number) => void): void {
    const { table, firstPublisher } = this.#context
    for (let nth = 0; nth < this.#oldest.length; nth++) {
      const publisher = firstPublisher + nth
      const end = table.published[publisher]!
      for (let sequence = this.#oldest[nth]!; sequence < end; sequence++) {
        if (this.#isSettled[this.#ownRow(table.row(publisher, sequence))] === 0) visit(publisher, sequence)
      }
    }
  }
}
