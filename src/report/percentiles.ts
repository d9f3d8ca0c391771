import type { LatencySummary } from '../result/latency-summary.ts'
import { formatBracket } from '../slo/bracket.ts'
import { formatDuration } from '../units.ts'

/** Percentiles that a table lists, 0 to 100. */
export const percentiles: readonly number[] = [50, 75, 90, 95, 99, 99.9, 99.99]

/** `p99.9`; `min` of 0, `max` of 100. */
export function percentileName(percentile: number): string {
  if (percentile === 0) return 'min'
  return percentile === 100 ? 'max' : `p${percentile}`
}

/** A percentile of the samples, or the range it lies in where the generator could not see more. */
export function formatPercentile(latency: LatencySummary, percentile: number): string {
  const { floor, ceiling } = latency.bounds(percentile)
  return formatBracket({ measured: ceiling, floor, ceiling }, formatDuration)
}
