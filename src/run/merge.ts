import { Histogram } from '../result/histogram.ts'
import type { HistogramCounts } from '../generator/recorder.ts'

/** The histogram of the samples of several, exactly. */
export function merge(histograms: readonly HistogramCounts[]): Histogram {
  const sum = new Histogram()
  for (const histogram of histograms) sum.add(histogram)
  return sum
}
