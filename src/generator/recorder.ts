import { samplesPerFault } from '../result/faults.ts'
import { Histogram } from '../result/histogram.ts'
import type { AfterSilence, MessageTotals, PongTotals } from '../result/load-result.ts'
import { kindNumbers, type PackedSlices, type PingCounts, pingKinds, SliceRecorder } from '../result/slices.ts'
import { IntervalRecorder, type RecordedInterval, type RecordedIntervals } from './intervals.ts'
import type { PingTimes } from './ping-times.ts'
import type { PollClock } from './poll-clock.ts'
import type { Turns } from './turns.ts'

/** A histogram's counts, all that is left of it when it was cloned to another thread. */
export type HistogramCounts = Pick<Histogram, 'counts' | 'overRange'>

type Counting<Totals> = { -readonly [kind in keyof Totals]: Totals[kind] }

/** What one thread recorded. */
export interface Recording {
  readonly pings: PingCounts
  /** Pings sent after they had waited for the answers to others. */
  readonly heldBack: number
  readonly messages: MessageTotals
  readonly pongs: PongTotals
  readonly latency: HistogramCounts
  readonly latencyFloor: HistogramCounts
  readonly serviceTime: HistogramCounts
  readonly serviceTimeFloor: HistogramCounts
  readonly sendDelay: HistogramCounts
  readonly handshake: HistogramCounts
  readonly handshakeFloor: HistogramCounts
  /** Where there were any. */
  readonly session: HistogramCounts | undefined
  readonly sessionFloor: HistogramCounts | undefined
  /** Likewise. */
  readonly reconnect: HistogramCounts | undefined
  readonly reconnectFloor: HistogramCounts | undefined
  readonly faults: ReadonlyMap<string, { readonly count: number; readonly samples: readonly string[] }>
  readonly intervals: RecordedIntervals
  readonly afterSilence: PingsAfterSilence
}

type SentPing = Pick<PingTimes, 'due' | 'sent'> & Partial<Pick<PingTimes, 'left' | 'floorIfOnTime'>>
type AnsweredPing = SentPing & Pick<PingTimes, 'floor' | 'ceiling'>
type PingsAfterSilence = Pick<AfterSilence, 'timedOut' | 'lost' | 'dropped'>

/**
 * Writes down what happens on a thread. A ping counts if it was due in the measured window, from `from` to `until`
 * (milliseconds of `performance.now()`), and then all of its life counts.
 */
export class Recorder implements Recording {
  from = Infinity
  until = Infinity
  /** When the last answer was seen. */
  lastAnswer = 0
  /** When the last ping left, but for the closed model and those that waited for answers to others. */
  lastSent = 0
  readonly pings: PingCounts = { sent: 0, answered: 0, coalesced: 0, timedOut: 0, lost: 0, dropped: 0 }
  heldBack = 0
  readonly messages: Counting<MessageTotals> = { received: 0, unsolicited: 0, surplus: 0, afterLastAnswer: 0 }
  readonly pongs: Counting<PongTotals> = { unsolicited: 0 }
  /** Every answer that was waited for is there. */
  isComplete = false
  readonly latency: Histogram = new Histogram()
  readonly latencyFloor: Histogram = new Histogram()
  readonly serviceTime: Histogram
  readonly serviceTimeFloor: Histogram
  readonly sendDelay: Histogram = new Histogram()
  readonly handshake: Histogram = new Histogram()
  readonly handshakeFloor: Histogram = new Histogram()
  session: Histogram | undefined
  sessionFloor: Histogram | undefined
  reconnect: Histogram | undefined
  reconnectFloor: Histogram | undefined
  readonly faults: Map<string, { count: number; samples: string[] }> = new Map()
  readonly intervals: IntervalRecorder = new IntervalRecorder()
  readonly afterSilence: Counting<PingsAfterSilence> = { timedOut: 0, lost: 0, dropped: 0 }
  readonly #isOpenModel: boolean
  readonly #mask: (sample: string) => string
  /** Of a fault, as it came: a probe may fail alike on every message. */
  #latestSample = ''
  readonly #turns: Turns | undefined
  readonly #clock: Pick<PollClock, 'isAfterSilence'> | undefined
  readonly #slices: SliceRecorder
  readonly #latencyBefore: Float64Array
  #pingsBefore: PingCounts = { ...this.pings }
  #latestSecond: RecordedInterval | undefined

  /**
   * @param isOpenModel whether pings can be sent later than they were due: response and service time then differ
   * @param duration length of the measured window in milliseconds, as far as it is known
   * @param turns of which alone the measured window consists, and each slice of a whole number of them
   * @param mask keeps the secrets that a server repeats out of the samples of faults
   * @param clock of the thread, which knows when it was silent
   */
  constructor(
    isOpenModel: boolean,
    duration?: number,
    turns?: Turns,
    mask = (sample: string): string => sample,
    clock?: Pick<PollClock, 'isAfterSilence'>,
  ) {
    this.#mask = mask
    this.#isOpenModel = isOpenModel
    this.#turns = turns
    this.#clock = clock
    this.#slices = new SliceRecorder(duration, turns?.length)
    this.serviceTime = isOpenModel ? new Histogram() : this.latency
    this.serviceTimeFloor = isOpenModel ? new Histogram() : this.latencyFloor
    this.#latencyBefore = new Float64Array(this.latency.counts.length)
  }

  /** Pings that were sent and of which nothing is known yet. */
  get outstanding(): number {
    const { sent, answered, coalesced, timedOut, lost } = this.pings
    return sent - answered - coalesced - timedOut - lost
  }

  /**
   * How long the measured window had lasted at a time, if it takes turns without those of others: milliseconds. -Infinity in a run that
   * never starts.
   */
  windowAt(time: number): number {
    const elapsed = time - this.from
    return this.#turns === undefined || this.from === Infinity ? elapsed : this.#turns.own(elapsed)
  }

  /** The slice that a time belongs to. */
  sliceAt(time: number): number {
    return (this.windowAt(time) / this.#slices.length) | 0
  }

  /** How long the measured window had lasted when the slice of a time ends: milliseconds. */
  sliceEndAfter(time: number): number {
    return (this.sliceAt(time) + 1) * this.#slices.length
  }

  measures(due: number): boolean {
    return due >= this.from && due < this.until
  }

  sent({ due, sent, floorIfOnTime = Infinity }: Readonly<SentPing>): void {
    if (!this.measures(due)) return
    this.pings.sent++
    this.#slices.count(kindNumbers.sent, this.sliceAt(due))
    if (!this.#isOpenModel) return
    if (floorIfOnTime !== Infinity) {
      this.heldBack++
      return
    }
    this.lastSent = sent
    this.sendDelay.recordMs(sent - due)
  }

  answered(ping: Readonly<AnsweredPing>): void {
    this.came(ping)
    if (!this.measures(ping.due)) return
    this.pings.answered++
    this.#measured(kindNumbers.answered, ping)
  }

  /** Something that was sent in the measured window has reached one of those it was meant for. */
  delivered(ping: Readonly<AnsweredPing>): void {
    this.came(ping)
    this.lastSent = Math.max(this.lastSent, ping.sent)
    this.pings.sent++
    this.pings.answered++
    this.#slices.count(kindNumbers.sent, this.sliceAt(ping.due))
    this.#measured(kindNumbers.answered, ping)
  }

  /** Likewise, it has not reached so many. */
  missed(what: 'timedOut' | 'lost', due: number, count: number): void {
    this.pings.sent += count
    this.pings[what] += count
    this.#slices.count(kindNumbers.sent, this.sliceAt(due), count)
    // The first count may have made slices longer.
    this.#slices.count(kindNumbers[what], this.sliceAt(due), count)
    if (this.#clock?.isAfterSilence) this.afterSilence[what] += count
  }

  /**
   * A newer ping was answered instead (RFC 6455 section 5.5.3). That answer stands for the one to this ping, which surely had
   * none before it.
   */
  coalesced(ping: Readonly<AnsweredPing>): void {
    if (!this.measures(ping.due)) return
    this.pings.coalesced++
    this.#measured(kindNumbers.coalesced, ping)
  }

  /**
   * An answer has come in the measured window, whenever its ping was due. One that comes between two turns, or after the last one, belongs
   * to the one before.
   */
  came({ due, ceiling }: Readonly<Pick<PingTimes, 'due' | 'ceiling'>>): void {
    const isOfLastTurn = this.#turns !== undefined && ceiling >= this.until && this.measures(due)
    if (!isOfLastTurn && !this.measures(ceiling)) return
    const own = this.windowAt(Math.min(ceiling, this.until))
    this.#slices.came(Math.max(0, Math.ceil(own / this.#slices.length) - 1))
  }

  #measured(
    kind: number,
    { due, sent, left = sent, floorIfOnTime = Infinity, floor, ceiling }: Readonly<AnsweredPing>,
  ): void {
    this.lastAnswer = ceiling
    const high = this.latency.recordMs(ceiling - due)
    const isHeldBack = floorIfOnTime !== Infinity
    const low = this.latencyFloor.recordMs(isHeldBack ? Math.min(floor, floorIfOnTime) - due : floor - left)
    this.#slices.answered(this.sliceAt(due), high, low, kind)
    if (!this.#isOpenModel) return
    this.serviceTime.recordMs(ceiling - sent)
    this.serviceTimeFloor.recordMs(floor - left)
  }

  /** @param pings that were due in the same slice */
  count(what: 'timedOut' | 'lost' | 'dropped', due: number, pings = 1): void {
    if (!this.measures(due)) return
    this.pings[what] += pings
    this.#slices.count(kindNumbers[what], this.sliceAt(due), pings)
    if (this.#clock?.isAfterSilence) this.afterSilence[what] += pings
  }

  /** A message that looks like an answer, and no ping was unanswered. Before the measured window it shifts no measured one. */
  surplus({ ceiling }: Readonly<Pick<PingTimes, 'ceiling'>>): void {
    this.messages.unsolicited++
    if (ceiling < this.from) return
    this.messages.surplus++
    if (this.isComplete) this.messages.afterLastAnswer++
  }

  /** What happened when, until now. */
  slices(): PackedSlices {
    return this.#slices.pack()
  }

  /** @param attempted when its socket began to connect: what it took to get there is the generator's own */
  opened(started: number, attempted: number, floor: number, ceiling: number): void {
    this.handshake.recordMs(ceiling - started)
    this.handshakeFloor.recordMs(floor - attempted)
  }

  sessionOver(began: number, floor: number, ceiling: number): void {
    this.session ??= new Histogram()
    this.sessionFloor ??= new Histogram()
    this.session.recordMs(ceiling - began)
    // It may not have waited for anything.
    this.sessionFloor.recordMs(Math.max(0, floor - began))
  }

  /** A connection that had ended is open again. */
  cameBack(ended: number, floor: number, ceiling: number): void {
    this.reconnect ??= new Histogram()
    this.reconnectFloor ??= new Histogram()
    this.reconnect.recordMs(ceiling - ended)
    this.reconnectFloor.recordMs(Math.max(0, floor - ended))
  }

  fault(code: string, sample: string): void {
    const fault = this.faults.get(code) ?? { count: 0, samples: [] }
    this.faults.set(code, fault)
    fault.count++
    const isRepeated = fault.samples.length > 0 && sample === this.#latestSample
    if (fault.samples.length === samplesPerFault || isRepeated) return
    this.#latestSample = sample
    const masked = this.#mask(sample)
    if (!fault.samples.includes(masked)) fault.samples.push(masked)
  }

  /** The second of the measured window that was ended last. */
  get latestSecond(): RecordedInterval | undefined {
    return this.#latestSecond
  }

  /** Ends a second of the measured window at `end`; the next one begins there. */
  endSecond(end: number): void {
    const pings = { ...this.pings }
    for (const kind of pingKinds) pings[kind] -= this.#pingsBefore[kind]
    const start = this.#latestSecond?.end ?? 0
    const latency = this.latency.takeNew(this.#latencyBefore)
    this.#latestSecond = { start, end: this.windowAt(end), pings, latency }
    this.intervals.add(this.#latestSecond)
    this.#pingsBefore = { ...this.pings }
  }
}
