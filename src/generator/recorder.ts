import { Histogram, type SparseCounts } from '../result/histogram.ts'
import { kindNumbers, type PackedSlices, type PingCounts, pingKinds, SliceRecorder } from '../result/slices.ts'
import { nsPerMs } from '../units.ts'
import type { Turns } from './turns.ts'

const mostSamples = 3

/** What one thread recorded in one second, or in what was left of it. */
export interface RecordedInterval {
  /** Milliseconds since the measured window began. */
  readonly start: number
  readonly end: number
  readonly pings: PingCounts
  readonly latency: SparseCounts
}

/**
 * An answered ping, in milliseconds of `performance.now()`. One object serves all pings of a thread: numbers handed over
 * one by one, or to fields that did not begin as numbers, would each be put on the heap.
 */
export class Sample {
  due: number = performance.now()
  sent: number = this.due
  /** When its answer was surely not there yet. */
  floor: number = this.due
  /** When it surely was. */
  ceiling: number = this.due
}

/** A histogram's counts, all that is left of it when it was cloned to another thread. */
export type HistogramCounts = Pick<Histogram, 'counts' | 'overRange'>

/** What one thread recorded. */
export interface Recording {
  readonly pings: PingCounts
  readonly latency: HistogramCounts
  readonly latencyFloor: HistogramCounts
  readonly serviceTime: HistogramCounts
  readonly serviceTimeFloor: HistogramCounts
  readonly sendDelay: HistogramCounts
  readonly handshake: HistogramCounts
  readonly handshakeFloor: HistogramCounts
  readonly faults: ReadonlyMap<string, { readonly count: number; readonly samples: readonly string[] }>
  readonly intervals: readonly RecordedInterval[]
}

/**
 * Writes down what happens on a thread. A ping counts if it was due in the measured window, from `from` to `until`
 * (milliseconds of `performance.now()`), and then all of its life counts.
 */
export class Recorder implements Recording {
  from = Infinity
  until = Infinity
  /** When the last answer was seen. */
  lastAnswer = 0
  readonly pings: PingCounts = { sent: 0, answered: 0, coalesced: 0, timedOut: 0, lost: 0, dropped: 0 }
  readonly latency: Histogram = new Histogram()
  readonly latencyFloor: Histogram = new Histogram()
  readonly serviceTime: Histogram
  readonly serviceTimeFloor: Histogram
  readonly sendDelay: Histogram = new Histogram()
  readonly handshake: Histogram = new Histogram()
  readonly handshakeFloor: Histogram = new Histogram()
  readonly faults: Map<string, { count: number; samples: string[] }> = new Map()
  readonly intervals: RecordedInterval[] = []
  readonly #open: boolean
  readonly #turns: Turns | undefined
  readonly #slices: SliceRecorder
  readonly #seenLatency: Uint32Array
  #seenPings: PingCounts = { ...this.pings }

  /**
   * @param open whether pings can be sent later than they were due: response and service time then differ
   * @param duration length of the measured window in milliseconds, as far as it is known
   * @param turns of which alone the measured window consists, and each slice of a whole number of them
   */
  constructor(open: boolean, duration?: number, turns?: Turns) {
    this.#open = open
    this.#turns = turns
    this.#slices = new SliceRecorder(duration, turns?.length)
    this.serviceTime = open ? new Histogram() : this.latency
    this.serviceTimeFloor = open ? new Histogram() : this.latencyFloor
    this.#seenLatency = new Uint32Array(this.latency.counts.length)
  }

  /** Pings that were sent and of which nothing is known yet. */
  get outstanding(): number {
    const { sent, answered, coalesced, timedOut, lost } = this.pings
    return sent - answered - coalesced - timedOut - lost
  }

  /** How long the measured window had lasted at a time, if it takes turns without those of others: milliseconds. */
  windowAt(time: number): number {
    const elapsed = time - this.from
    return this.#turns === undefined ? elapsed : this.#turns.own(elapsed)
  }

  /** The slice that a time belongs to. */
  sliceAt(time: number): number {
    return (this.windowAt(time) / this.#slices.length) | 0
  }

  measures(due: number): boolean {
    return due >= this.from && due < this.until
  }

  sent(due: number, sent: number): void {
    if (!this.measures(due)) return
    this.pings.sent++
    this.#slices.count(kindNumbers.sent, this.sliceAt(due))
    if (this.#open) this.sendDelay.record((sent - due) * nsPerMs)
  }

  answered({ due, sent, floor, ceiling }: Readonly<Sample>): void {
    if (!this.measures(due)) return
    this.pings.answered++
    this.lastAnswer = ceiling
    const high = this.latency.record((ceiling - due) * nsPerMs)
    const low = this.latencyFloor.record((floor - due) * nsPerMs)
    this.#slices.answered(this.sliceAt(due), high, low)
    if (!this.#open) return
    this.serviceTime.record((ceiling - sent) * nsPerMs)
    this.serviceTimeFloor.record((floor - sent) * nsPerMs)
  }

  count(what: 'coalesced' | 'timedOut' | 'lost' | 'dropped', due: number): void {
    if (!this.measures(due)) return
    this.pings[what]++
    this.#slices.count(kindNumbers[what], this.sliceAt(due))
  }

  /** What happened when, until now. */
  slices(): PackedSlices {
    return this.#slices.pack()
  }

  opened(started: number, floor: number, ceiling: number): void {
    this.handshake.record((ceiling - started) * nsPerMs)
    this.handshakeFloor.record((floor - started) * nsPerMs)
  }

  fault(code: string, sample: string): void {
    const fault = this.faults.get(code) ?? { count: 0, samples: [] }
    this.faults.set(code, fault)
    fault.count++
    if (fault.samples.length < mostSamples && !fault.samples.includes(sample)) fault.samples.push(sample)
  }

  /** Ends an interval at `end`; the next one begins there. */
  cut(end: number): void {
    const pings = { ...this.pings }
    for (const kind of pingKinds) pings[kind] -= this.#seenPings[kind]
    this.intervals.push({
      start: this.intervals.at(-1)?.end ?? 0,
      end: this.windowAt(end),
      pings,
      latency: this.latency.takeNew(this.#seenLatency),
    })
    this.#seenPings = { ...this.pings }
  }
}
