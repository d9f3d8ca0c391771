/**
 * An HDR histogram's recording side: the bucket layout of HdrHistogram with 3 significant digits, in one typed array.
 * Recording is one index computation and one increment and allocates nothing; what is read out of it goes through
 * `toHdr`.
 *
 * @see http://hdrhistogram.org
 */

/** Nanoseconds in a millisecond: histograms count the former, everything else the latter. */
export const nsPerMs = 1e6

/** Values from 0 to one hour are told apart; anything above is counted in `overRange` and in the top bucket. */
export const highestTrackableNs = 3_600_000_000_000

/** 2,048 values of equal distance in the first bucket: the least power of two that tells 3 significant digits apart. */
const subBucketBits = 11
const halfBucketBits = subBucketBits - 1
const bucketCount = Math.ceil(Math.log2(highestTrackableNs)) - subBucketBits + 1
/** Number of buckets. */
export const countsLength = (bucketCount + 1) << halfBucketBits
const powerOfTwo = Float64Array.from({ length: bucketCount + 1 }, (_, exponent) => 2 ** exponent)

/** Counts recorded between two instants: the `indexes` that moved and by how much. */
export interface SparseCounts {
  readonly indexes: Uint32Array
  readonly counts: Uint32Array
}

/** The counts of two, both in ascending order of their indexes. */
export function sumSparse(one: SparseCounts, other: SparseCounts): SparseCounts {
  const most = one.indexes.length + other.indexes.length
  const indexes = new Uint32Array(most)
  const counts = new Uint32Array(most)
  let size = 0
  for (let [at, otherAt] = [0, 0]; at < one.indexes.length || otherAt < other.indexes.length; size++) {
    const index = Math.min(one.indexes[at] ?? Infinity, other.indexes[otherAt] ?? Infinity)
    indexes[size] = index
    if (one.indexes[at] === index) counts[size]! += one.counts[at++]!
    if (other.indexes[otherAt] === index) counts[size]! += other.counts[otherAt++]!
  }
  return { indexes: indexes.slice(0, size), counts: counts.slice(0, size) }
}

export class Histogram {
  /** Of each bucket. In an hour more values of one bucket may come than 32 bits count: lower bounds that are zero, say. */
  readonly counts: Float64Array
  /** Values above {@link highestTrackableNs}. */
  overRange = 0

  constructor(counts: Float64Array = new Float64Array(countsLength)) {
    this.counts = counts
  }

  /** Counts one value: nanoseconds, rounded to the nearest whole one. Returns the index of its bucket. */
  record(ns: number): number {
    if (ns > highestTrackableNs) {
      this.overRange++
      ns = highestTrackableNs
    }
    const index = indexOf(ns > 0 ? Math.round(ns) : 0)
    this.counts[index]!++
    return index
  }

  /** {@link record} for milliseconds. */
  recordMs(ms: number): number {
    return this.record(ms * nsPerMs)
  }

  /** Adds another histogram's counts: exact, in any order. */
  add(other: Pick<Histogram, 'counts' | 'overRange'>): void {
    for (let index = 0; index < countsLength; index++) this.counts[index]! += other.counts[index]!
    this.overRange += other.overRange
  }

  /** Adds counts taken by {@link takeNew}. */
  addSparse({ indexes, counts }: SparseCounts): void {
    for (let at = 0; at < indexes.length; at++) this.counts[indexes[at]!]! += counts[at]!
  }

  /** What was recorded since `seen` was last brought up to date; brings it up to date. */
  takeNew(seen: Float64Array): SparseCounts {
    const moved: number[] = []
    for (let index = 0; index < countsLength; index++) if (this.counts[index] !== seen[index]) moved.push(index)
    const counts = new Uint32Array(moved.length)
    for (let at = 0; at < moved.length; at++) {
      const index = moved[at]!
      counts[at] = this.counts[index]! - seen[index]!
      seen[index] = this.counts[index]!
    }
    return { indexes: Uint32Array.from(moved), counts }
  }

  /** Calls back with each value that was recorded, the lowest of its bucket, and how often. */
  forEach(callback: (ns: number, count: number) => void): void {
    for (let index = 0; index < countsLength; index++) {
      if (this.counts[index]! > 0) callback(valueAt(index), this.counts[index]!)
    }
  }
}

/** The bucket of a whole number of nanoseconds. */
export function indexOf(value: number): number {
  if (value < 2 ** subBucketBits) return value
  if (value < 2 ** 32) {
    const bucket = 32 - subBucketBits - Math.clz32(value)
    return (bucket << halfBucketBits) + (value >>> bucket)
  }
  const high = Math.floor(value / 2 ** 32)
  const bucket = 64 - subBucketBits - Math.clz32(high)
  return (bucket << halfBucketBits) + Math.floor(value / powerOfTwo[bucket]!)
}

/** The lowest value of a bucket, in nanoseconds. */
export function valueAt(index: number): number {
  const bucket = (index >> halfBucketBits) - 1
  return bucket <= 0 ? index : (index - (bucket << halfBucketBits)) * powerOfTwo[bucket]!
}
