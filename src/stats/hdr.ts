import { Float64Histogram } from 'hdr-histogram-js'
import { type Histogram, highestTrackableNs } from './histogram.ts'

const significantDigits = 3

/** The same counts as a histogram of `hdr-histogram-js`, bucket for bucket: percentiles, mean, V2 encoding, `.hgrm`. */
export function toHdr(histogram: Histogram): Float64Histogram {
  const hdr = new Float64Histogram(1, highestTrackableNs, significantDigits)
  histogram.forEach((ns, count) => hdr.recordValueWithCount(ns, count))
  return hdr
}
