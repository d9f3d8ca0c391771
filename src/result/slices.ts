/**
 * What happened when: the measured window in slices of equal length, each with its pings and a coarse histogram of
 * their latencies. Verdicts read from it how far samples that are near in time depend on each other.
 *
 * A ping belongs to the slice in which it was due. Slices are 7.8 ms long at first, and twice as long whenever there
 * would be more than 512 of them.
 */
import { sum, sumEach } from '../statistics/sum.ts'
import { countsLength, Histogram, indexOf, nsPerMs, valueAt } from './histogram.ts'

/** Length of the first slices. */
export const shortestSliceMs = 1_000 / 128
/** Times of a run are differences of large numbers: less than this is no time, and no slice. */
const roundingErrorMs = 1e-6
/** The same of a number of slices. */
const roundingErrorSlices = 1e-6
/** Number of slices at most. */
export const mostSlices = 512
/** A slice's histogram has the buckets of {@link Histogram} sixteen at a time: values 0.8 to 1.6 % apart. */
const coarseBits = 4
/** Number of a slice's buckets. */
export const buckets: number = countsLength >> coarseBits
/** In place of the milliseconds that pings without an answer count as: a mean of the others. */
export const withoutFailed = NaN

/** What can become of a ping, and where its count stands among those of a slice. */
export const kindNumbers = { sent: 0, answered: 1, coalesced: 2, timedOut: 3, lost: 4, dropped: 5 } as const
export type PingKind = keyof typeof kindNumbers
export const pingKinds: readonly PingKind[] = Object.keys(kindNumbers) as PingKind[]
/** Counts of pings in a slice. */
export const kindsPerSlice: number = pingKinds.length

/** How many pings of each kind there were; see `PingTotals`. */
export type PingCounts = Record<PingKind, number>

/** Of many threads together there may be more than 32 bits count; no thread alone has so many in the slices of a day. */
type Counts = Uint32Array | Float64Array
const mostIn32Bits = 2 ** 32 - 1

/** What counts so many samples, however many of them are alike. */
export function countsOf(samples: number): Uint32ArrayConstructor | Float64ArrayConstructor {
  return samples > mostIn32Bits ? Float64Array : Uint32Array
}

/** The histograms of all slices, one after the other: those of slice `n` are `offsets[n]` to `offsets[n + 1]`. */
export interface PackedCounts {
  readonly offsets: Uint32Array
  readonly indexes: Uint16Array
  readonly counts: Counts
}

/** Slices as plain data that can be cloned to another thread. */
export interface PackedSlices {
  /** Milliseconds. */
  readonly length: number
  /** {@link kindsPerSlice} counts a slice, in the order of {@link kindNumbers}; more can be due than 32 bits count. */
  readonly pings: Float64Array
  readonly latency: PackedCounts
  readonly latencyFloor: PackedCounts
  /** Answers that came in each slice, whenever their pings were due; empty in files, which do not keep them. */
  readonly arrivals: Float64Array
}

/** Slices while they are recorded: fixed memory of which only what is touched is resident, nothing allocated per ping. */
export class SliceRecorder {
  /** Length of a slice in milliseconds. */
  length: number
  #used = 0
  #lowest = buckets
  #highest = -1
  readonly #pings: Float64Array = new Float64Array(mostSlices * kindsPerSlice)
  readonly #latency: Counts
  readonly #latencyFloor: Counts
  readonly #arrivals: Float64Array = new Float64Array(mostSlices)
  #lacksArrivals = false
  readonly #counts: ReturnType<typeof countsOf>

  /**
   * @param expected length of the measured window in milliseconds as far as it is known, so that none is merged later
   * @param length of the first slices in milliseconds
   * @param samples that there may be, as far as that is known
   */
  constructor(expected = 0, length: number = shortestSliceMs, samples = 0) {
    this.length = length
    this.#counts = countsOf(samples)
    this.#latency = new this.#counts(mostSlices * buckets)
    this.#latencyFloor = new this.#counts(mostSlices * buckets)
    while (Number.isFinite(expected) && expected > this.length * mostSlices) this.length *= 2
  }

  /**
   * Counts a ping, or several.
   * @param kind one of {@link kindNumbers}
   * @param slice counted from 0
   */
  count(kind: number, slice: number, pings = 1): void {
    this.#pings[this.#within(slice) * kindsPerSlice + kind]! += pings
  }

  /**
   * Counts the latency of an answered ping, given the buckets of {@link Histogram} it fell in.
   * @param kind that of coalesced pings where the answer to a newer one stands for its own
   */
  answered(slice: number, ceiling: number, floor: number, kind: number = kindNumbers.answered): void {
    const at = this.#within(slice)
    const [high, low] = [ceiling >> coarseBits, floor >> coarseBits]
    if (low < this.#lowest) this.#lowest = low
    if (high > this.#highest) this.#highest = high
    this.#pings[at * kindsPerSlice + kind]!++
    this.#latency[at * buckets + high]!++
    this.#latencyFloor[at * buckets + low]!++
  }

  /** Counts an answer in the slice in which it came. */
  came(slice: number): void {
    this.#arrivals[this.#within(slice)]!++
  }

  /** A copy as plain data. */
  pack(): PackedSlices {
    return {
      length: this.length,
      pings: this.#pings.slice(0, this.#used * kindsPerSlice),
      arrivals: this.#arrivals.slice(0, this.#lacksArrivals ? 0 : this.#used),
      latency: this.#packed(this.#latency),
      latencyFloor: this.#packed(this.#latencyFloor),
    }
  }

  /**
   * Adds another thread's slices, which are not longer than these.
   * @param start milliseconds from the beginning of these slices to that of the others
   */
  add({ length, pings, latency, latencyFloor, arrivals }: PackedSlices, start = 0): void {
    const ratio = this.length / length
    const before = start / length
    this.#lacksArrivals ||= pings.length > 0 && arrivals.length === 0
    for (let slice = 0; slice < pings.length / kindsPerSlice; slice++) {
      const at = this.#within(Math.floor((before + slice) / ratio + roundingErrorSlices))
      for (let kind = 0; kind < kindsPerSlice; kind++) {
        this.#pings[at * kindsPerSlice + kind]! += pings[slice * kindsPerSlice + kind]!
      }
      this.#arrivals[at]! += arrivals[slice] ?? 0
      this.#addCounts(this.#latency, at, latency, slice)
      this.#addCounts(this.#latencyFloor, at, latencyFloor, slice)
    }
  }

  #addCounts(into: Counts, at: number, packed: PackedCounts, slice: number): void {
    forEachCount(packed, slice, (bucket, count) => {
      into[at * buckets + bucket]! += count
      if (bucket < this.#lowest) this.#lowest = bucket
      if (bucket > this.#highest) this.#highest = bucket
    })
  }

  #within(slice: number): number {
    let at = slice
    while (at >= mostSlices) {
      this.#mergePairs()
      at >>= 1
    }
    if (at >= this.#used) this.#used = at + 1
    return at
  }

  #mergePairs(): void {
    mergePairs(this.#pings, kindsPerSlice, 0, kindsPerSlice - 1)
    mergePairs(this.#arrivals, 1, 0, 0)
    mergePairs(this.#latency, buckets, this.#lowest, this.#highest)
    mergePairs(this.#latencyFloor, buckets, this.#lowest, this.#highest)
    this.#used = (this.#used + 1) >> 1
    this.length *= 2
  }

  #packed(dense: Counts): PackedCounts {
    const offsets = new Uint32Array(this.#used + 1)
    const [lowest, highest] = [this.#lowest, this.#highest]
    const most = this.#used * Math.max(0, highest - lowest + 1)
    const indexes = new Uint16Array(most)
    const counts = new this.#counts(most)
    let size = 0
    for (let slice = 0; slice < this.#used; slice++) {
      for (let bucket = lowest; bucket <= highest; bucket++) {
        const count = dense[slice * buckets + bucket]!
        if (count === 0) continue
        indexes[size] = bucket
        counts[size++] = count
      }
      offsets[slice + 1] = size
    }
    return { offsets, indexes: indexes.slice(0, size), counts: counts.slice(0, size) }
  }
}

function mergePairs(values: Counts, width: number, first: number, last: number): void {
  for (let slice = 0; slice < mostSlices; slice++) {
    for (let at = first; at <= last; at++) {
      const [one, other] = [2 * slice * width + at, (2 * slice + 1) * width + at]
      values[slice * width + at] = 2 * slice < mostSlices ? values[one]! + values[other]! : 0
    }
  }
}

/** The slices of a finished run. Times are milliseconds since the measured window began. */
export class Slices {
  /** Length of each slice but perhaps the last, in milliseconds. */
  readonly length: number
  /** Number of slices: those of the whole measured window, also where no ping was due. */
  readonly count: number
  readonly #packed: PackedSlices
  /** Where each of these slices lies in what was packed. */
  readonly #at: ArrayLike<number>

  /** Adds up what the threads of a run recorded in a measured window of `duration` milliseconds. */
  static of(threads: readonly PackedSlices[], duration: number): Slices {
    const length = Math.max(shortestSliceMs, ...threads.map((thread) => thread.length))
    const merged = new SliceRecorder(duration, length, sum(threads.map(samplesOf)))
    for (const thread of threads) merged.add(thread)
    const packed = merged.pack()
    const count = Math.ceil((duration - roundingErrorMs) / packed.length)
    return new Slices(packed, range(0, Math.max(count, packed.pings.length / kindsPerSlice)))
  }

  /**
   * The slices of runs one after the other, of `duration` milliseconds together, as those of one: to a slice exactly.
   * @param runs each with where it begins, in milliseconds
   */
  static inSequence(runs: readonly { readonly slices: Slices; readonly start: number }[], duration: number): Slices {
    const packed = runs.map(({ slices }) => slices.pack())
    const length = Math.max(...packed.map((slices) => slices.length))
    const all = new SliceRecorder(duration + length, length, sum(packed.map(samplesOf)))
    for (const [nth, slices] of packed.entries()) all.add(slices, runs[nth]!.start)
    return Slices.of([all.pack()], duration)
  }

  private constructor(packed: PackedSlices, at: ArrayLike<number>) {
    this.length = packed.length
    this.count = at.length
    this.#packed = packed
    this.#at = at
  }

  /** All slices of a run as data, neighbours put together until there are at most `most`. */
  pack(most: number = mostSlices): PackedSlices {
    let { length } = this
    while (this.count * this.length > most * length) length *= 2
    const merged = new SliceRecorder(0, length, samplesOf(this.#packed))
    merged.add(this.#packed)
    return merged.pack()
  }

  /** `count` neighbouring slices from the one numbered `first`, counted from 0. */
  stretch(first: number, count: number): Slices {
    return this.pick(range(first, count))
  }

  /** The slices of these numbers, counted from 0. */
  pick(numbers: ArrayLike<number>): Slices {
    return new Slices(
      this.#packed,
      Array.from(numbers, (nth) => this.#at[nth]!),
    )
  }

  /** How many pings of a kind each slice had. */
  pings(kind: PingKind): Float64Array {
    const { pings } = this.#packed
    return this.#each((slice) => pings[slice * kindsPerSlice + kindNumbers[kind]] ?? 0)
  }

  /** How many measured pings of each slice took longer than `ms`, to a bucket exactly (at most 1.6 %). */
  slowerThan(ms: number): Float64Array {
    const limit =
      ms === Infinity ? buckets : indexOf(Math.min(Math.round(ms * nsPerMs), Number.MAX_SAFE_INTEGER)) >> coarseBits
    return this.#each((slice) => {
      let slower = 0
      forEachCount(this.#packed.latency, slice, (bucket, count) => {
        if (bucket > limit) slower += count
      })
      return slower
    })
  }

  /**
   * The sum of each slice's latencies in milliseconds, each taken at the middle of its bucket.
   * @param most milliseconds that longer ones count as
   */
  totals(most: number = Infinity): Float64Array {
    return this.#each((slice) => {
      let total = 0
      forEachCount(this.#packed.latency, slice, (bucket, count) => {
        total += count * Math.min(most, (lowestOf(bucket) + lowestOf(bucket + 1)) / 2)
      })
      return total
    })
  }

  /** How many of these slices are complete after so many milliseconds of the measured window. */
  completedAfter(duration: number): number {
    return Math.floor(duration / this.length + roundingErrorSlices)
  }

  /** How many pings of each slice had no answer in time. */
  failedEach(): Float64Array {
    return sumEach(this.pings('timedOut'), this.pings('lost'), this.pings('dropped'))
  }

  /** How many pings of each slice have a latency: all that were answered or coalesced, but in files of versions that left out the latter. */
  measuredEach(): Float64Array {
    return this.#each((slice) => {
      let measured = 0
      forEachCount(this.#packed.latency, slice, (_bucket, count) => {
        measured += count
      })
      return measured
    })
  }

  /** How many answers came in each slice, whenever their pings were due. Unknown of a file, of which it is `undefined`. */
  arrivals(): Float64Array | undefined {
    const { arrivals } = this.#packed
    return arrivals.length === 0 ? undefined : this.#each((slice) => arrivals[slice] ?? 0)
  }

  /** How many pings of each slice have a latency or failed. */
  judgedEach(): Float64Array {
    return sumEach(this.measuredEach(), this.failedEach())
  }

  /**
   * The latency in milliseconds that `p` percent of the judged pings do not exceed, interpolated within its bucket;
   * `NaN` where there are none.
   * @param p 0 to 100
   * @param failed milliseconds that a ping without an answer counts as
   */
  percentile(p: number, failed: number): number {
    const counts = this.#counts()
    const judged = sum(this.judgedEach())
    const rank = (p / 100) * judged
    let below = 0
    for (let bucket = 0; bucket < buckets; bucket++) {
      const count = counts[bucket]!
      if (count > 0 && below + count >= rank) {
        const [low, high] = [lowestOf(bucket), lowestOf(bucket + 1)]
        return low + ((high - low) * (rank - below)) / count
      }
      below += count
    }
    return judged > 0 ? failed : NaN
  }

  /**
   * The mean of the judged pings' latencies in milliseconds; `NaN` where there are none.
   * @param failed see {@link percentile}; {@link withoutFailed} counts those with an answer alone
   */
  mean(failed: number): number {
    const [total, count, judged] = [sum(this.totals()), sum(this.failedEach()), sum(this.judgedEach())]
    return Number.isNaN(failed) ? total / (judged - count) : (total + count * failed) / judged
  }

  /** The histograms of all slices together: of the latencies' upper and of their lower ends. */
  histograms(): { ceilings: Histogram; floors: Histogram } {
    const { latency, latencyFloor } = this.#packed
    return {
      ceilings: this.#merged(latency, (bucket) => ((bucket + 1) << coarseBits) - 1),
      floors: this.#merged(latencyFloor, (bucket) => bucket << coarseBits),
    }
  }

  /** Measured pings by bucket, all slices together. */
  #counts(): Float64Array {
    const all = new Float64Array(buckets)
    this.#forEachRecorded((slice) =>
      forEachCount(this.#packed.latency, slice, (bucket, count) => {
        all[bucket]! += count
      }),
    )
    return all
  }

  #merged(packed: PackedCounts, fine: (coarse: number) => number): Histogram {
    const merged = new Histogram()
    this.#forEachRecorded((slice) =>
      forEachCount(packed, slice, (bucket, count) => {
        merged.counts[fine(bucket)]! += count
      }),
    )
    return merged
  }

  #each(value: (slice: number) => number): Float64Array {
    return Float64Array.from(this.#at, (slice) => (slice < this.#recorded ? value(slice) : 0))
  }

  #forEachRecorded(visit: (slice: number) => void): void {
    for (let nth = 0; nth < this.#at.length; nth++) if (this.#at[nth]! < this.#recorded) visit(this.#at[nth]!)
  }

  get #recorded(): number {
    return this.#packed.pings.length / kindsPerSlice
  }
}

function samplesOf({ latency }: PackedSlices): number {
  return sum(latency.counts)
}

function forEachCount(
  { offsets, indexes, counts }: PackedCounts,
  slice: number,
  visit: (bucket: number, count: number) => void,
): void {
  for (let nth = offsets[slice]!; nth < offsets[slice + 1]!; nth++) visit(indexes[nth]!, counts[nth]!)
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, nth) => first + nth)
}

function lowestOf(coarse: number): number {
  return valueAt(coarse << coarseBits) / nsPerMs
}
