import type { LatencySummary } from '../result/latency-summary.ts'
import { nsPerMs } from '../result/histogram.ts'

const ticksPerHalfDistance = 5

/**
 * A latency's percentile distribution in milliseconds as text, in the `.hgrm` format that HdrHistogram's plotters read.
 * @see https://hdrhistogram.github.io/HdrHistogram/plotFiles.html
 */
export function toHgrm({ histogram }: LatencySummary): string {
  return histogram.outputPercentileDistribution(ticksPerHalfDistance, nsPerMs)
}
