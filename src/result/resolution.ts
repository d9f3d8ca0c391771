import type { LatencySummary } from './latency-summary.ts'
import type { GeneratorReport } from './load-result.ts'

/** How wide the brackets around latency percentiles are, in milliseconds: what the generator cannot tell apart. */
export function resolutionOf(latency: LatencySummary): GeneratorReport['resolution'] {
  const widthAt = (percentile: number): number => {
    const { floor, ceiling } = latency.bounds(percentile)
    return ceiling - floor
  }
  return { p50: widthAt(50), p99: widthAt(99) }
}
