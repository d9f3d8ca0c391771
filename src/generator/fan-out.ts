import { setTimeout as sleep } from 'node:timers/promises'
import type { FanOutMember } from '../wire/protocol.ts'
import type { Connection } from './connection.ts'
import { Deliveries } from './deliveries.ts'
import type { Crossing, FanOutRecording, MessageRecording } from './flood-report.ts'
import { MessageTable } from './message-table.ts'
import type { PingTimes } from './ping-times.ts'
import { Publications } from './publications.ts'
import { Publisher } from './publisher.ts'
import type { Recorder } from './recorder.ts'
import { SharedClock } from './shared-clock.ts'
import type { FanOutPlan, ThreadPlan } from './thread-plan.ts'

/** How often it is checked what other threads have done. */
const checkEveryMs = 1
/** What threads may be busy with, see {@link MessageTable.busy}. */
const [publishing, receiving] = [0, 1]

interface FanOutContext {
  readonly plan: ThreadPlan
  readonly fanOut: FanOutPlan
  /** This thread's connections as far as they have begun to open, publishers first. */
  readonly connections: () => readonly Connection[]
  readonly ping: PingTimes
  readonly deliveries: Recorder
  readonly firsts: Recorder
  readonly completions: Recorder
  /** A publisher's message is settled. */
  readonly freed: (publisher: Publisher) => void
}

/**
 * A thread's part of a fan-out: its publishers, its subscribers, and what the threads tell each other. A message has one
 * publisher and subscribers in any thread.
 */
export class FanOut {
  readonly publishers: readonly Publisher[]
  readonly deliveries: Deliveries
  readonly #context: FanOutContext
  readonly #table: MessageTable
  readonly #publications: Publications
  readonly #firstPublisher: number
  #isOver = false
  #hasPublished = false

  constructor(context: FanOutContext) {
    const { plan, fanOut, ping, connections, firsts, completions, deliveries } = context
    const { thread } = fanOut
    const own = fanOut.publishers[thread]!
    const clock = new SharedClock()
    const table = new MessageTable({ ...fanOut, memory: fanOut.memory! })
    this.#context = context
    this.#table = table
    this.#firstPublisher = before(fanOut.publishers, thread)
    this.#publications = new Publications({
      plan: fanOut,
      table,
      clock,
      firstPublisher: this.#firstPublisher,
      ping,
      deliveries,
      firsts,
      completions,
      send: (publisher, message, leaves) => connections()[publisher - this.#firstPublisher]!.publish(message, leaves),
      settled: (publisher) => context.freed(this.publishers[publisher - this.#firstPublisher]!),
    })
    this.deliveries = new Deliveries({
      plan: fanOut,
      table,
      clock,
      firstSubscriber: plan.firstConnection + own,
      timeout: plan.timeout,
      ping,
      recorder: deliveries,
      closed: (publisher, sequence) => this.#closed(publisher, sequence),
    })
    this.publishers = Array.from({ length: own }, (_, nth) => {
      const connection = (): Connection | undefined => connections()[nth]
      return new Publisher(this.#firstPublisher + nth, { connection, publications: this.#publications, ping })
    })
  }

  /** Messages are meant for the subscribers that are there now. */
  begin(): void {
    const subscribers = this.#context.connections().slice(this.publishers.length)
    this.deliveries.begin((nth) => subscribers[nth]?.state === 'open')
    if (this.publishers.length > 0 && this.#table.threads > 1) this.#hear()
  }

  /** Messages that are due in the measured window are measured, from now on. */
  setWindow(): void {
    const { deliveries, firsts, completions } = this.#context
    for (const recorder of [firsts, completions]) {
      recorder.from = deliveries.from
      recorder.until = deliveries.until
    }
  }

  /** Ends a second of the measured window. */
  endSecond(end: number): void {
    const { firsts, completions } = this.#context
    for (const recorder of [firsts, completions]) recorder.endSecond(end)
  }

  /** Settles what nobody has to wait for any more. */
  expire(now: number): void {
    this.deliveries.expire(now)
    this.#publications.settleAll()
  }

  /** Counts messages that were due and do not leave. */
  drop(due: number, messages: number): void {
    this.#publications.drop(due, messages)
  }

  /** This thread publishes nothing more. */
  endPublishing(): void {
    if (this.#hasPublished) return
    this.#hasPublished = true
    Atomics.sub(this.#table.busy, publishing, 1)
  }

  /** Whether anything is still to come, or to be heard of other threads. */
  get isOutstanding(): boolean {
    return (
      Atomics.load(this.#table.busy, publishing) > 0 ||
      this.deliveries.isOutstanding ||
      this.#publications.isOutstanding
    )
  }

  /** Messages of this thread's publishers, until the first of their subscribers has them. */
  get firsts(): Recorder {
    return this.#context.firsts
  }

  /** What was recorded besides deliveries; changes as the measurement goes on. */
  get recording(): FanOutRecording {
    const { firsts, completions } = this.#context
    const { duplicates, outOfOrder, misrouted, refused, fromOthers } = this.deliveries
    return {
      firsts: recordingOf(firsts),
      completions: recordingOf(completions),
      duplicates,
      outOfOrder,
      misrouted,
      refused,
      fromOthers,
      crossing: this.#crossing,
    }
  }

  get #crossing(): Crossing | undefined {
    const { published } = this.#publications
    if (published === undefined) return undefined
    return {
      members: this.deliveries.faithful,
      came: this.deliveries.cameFromOthers,
      firstPublisher: this.#context.fanOut.firstPublisher + this.#firstPublisher,
      published: published.counts,
      settled: published.settled,
    }
  }

  /** Waits for no delivery any more; resolves when all messages are settled. */
  async end(): Promise<void> {
    this.endPublishing()
    while (Atomics.load(this.#table.busy, publishing) > 0) await sleep(checkEveryMs)
    this.deliveries.giveUp()
    Atomics.sub(this.#table.busy, receiving, 1)
    while (Atomics.load(this.#table.busy, receiving) > 0) await sleep(checkEveryMs)
    this.#publications.settleAll()
    this.#isOver = true
  }

  /** Calls back with each measured message under way: when it was due and sent, and how many subscribers of this thread lack it. */
  forEachLacking(visit: (due: number, sent: number, count: number) => void): void {
    this.deliveries.forEachLacking(visit)
  }

  /** Calls back with each measured message of this thread's publishers that is under way. */
  forEachUnderWay(visit: (due: number, sent: number) => void): void {
    this.#publications.forEachUnderWay(visit)
  }

  /** This thread has closed a message: its publisher's may be waiting for that. */
  #closed(publisher: number, sequence: number): void {
    const thread = this.#table.threadOf(publisher)
    if (thread === this.#context.fanOut.thread) this.#publications.settle(publisher, sequence)
    else {
      Atomics.add(this.#table.bells, thread, 1)
      Atomics.notify(this.#table.bells, thread)
    }
  }

  /** Settles what other threads close, as soon as they do. */
  #hear(): void {
    if (this.#isOver) return
    const { bells } = this.#table
    const { thread } = this.#context.fanOut
    const heard = Atomics.load(bells, thread)
    this.#publications.settleAll()
    const rung = Atomics.waitAsync(bells, thread, heard)
    if (rung.async) void rung.value.then(() => this.#hear())
    else setImmediate(() => this.#hear())
  }
}

function recordingOf(recorder: Recorder): MessageRecording {
  const { pings, latency, latencyFloor, intervals } = recorder
  return { pings: { ...pings }, latency, latencyFloor, intervals, slices: recorder.slices() }
}

/** The parts of a thread's connections, and their numbers in the run: the publishers of all threads come before all subscribers. */
export function membersOf(plan: FanOutPlan): (FanOutMember & { readonly index: number })[] {
  const { thread, rooms, publishers, subscribers, publishersOfMachines } = plan
  const allPublishers = publishersOfMachines.reduce((sum, count) => sum + count, 0)
  const firstPublisher = plan.firstPublisher + before(publishers, thread)
  const firstSubscriber = plan.firstSubscriber + before(subscribers, thread)
  return [
    ...Array.from({ length: publishers[thread]! }, (_, nth) => {
      const number = firstPublisher + nth
      return { role: 'publisher' as const, index: number, room: number % rooms }
    }),
    ...Array.from({ length: subscribers[thread]! }, (_, nth) => {
      const number = firstSubscriber + nth
      return { role: 'subscriber' as const, index: allPublishers + number, room: number % rooms }
    }),
  ]
}

/** How many there are in the threads before one. */
function before(counts: readonly number[], thread: number): number {
  return counts.slice(0, thread).reduce((sum, count) => sum + count, 0)
}
