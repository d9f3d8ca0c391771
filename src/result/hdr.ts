import { decodeFromCompressedBase64, Float64Histogram } from 'hdr-histogram-js'
import { countsLength, Histogram, highestTrackableNs } from './histogram.ts'

const significantDigits = 3
/** Of the counts of a decoded histogram: the width that holds any. */
const bitsPerCount = 64

/** What the decoder returns, beyond the interface that it is declared with. */
interface Buckets {
  readonly countsArrayLength: number
  readonly numberOfSignificantValueDigits: number
  getCountAtIndex(index: number): number
}

/** The same counts as a histogram of `hdr-histogram-js`, bucket for bucket: V2 encoding, `.hgrm`, and what else users do with it. */
export function toHdr(histogram: Pick<Histogram, 'forEach'>): Float64Histogram {
  const hdr = new Float64Histogram(1, highestTrackableNs, significantDigits)
  histogram.forEach((ns, count) => hdr.recordValueWithCount(ns, count))
  // As the original in Java has it: the highest value that the bucket stands for.
  hdr.maxValue = hdr.highestEquivalentValue(hdr.maxValue)
  return hdr
}

/**
 * Reads a histogram that was written in the V2 compressed form.
 * @throws {RangeError} if its buckets are not those of {@link Histogram}
 */
export function fromBase64(text: string, overRange: number): Histogram {
  const decoded = decodeFromCompressedBase64(text, bitsPerCount) as unknown as Buckets
  if (decoded.countsArrayLength !== countsLength || decoded.numberOfSignificantValueDigits !== significantDigits) {
    throw new RangeError('a histogram with other buckets')
  }
  const histogram = new Histogram()
  for (let index = 0; index < countsLength; index++) histogram.counts[index] = decoded.getCountAtIndex(index)
  histogram.overRange = overRange
  return histogram
}
