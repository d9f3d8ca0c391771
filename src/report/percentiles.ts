import { formatBracket } from '../slo/bracket.ts'
import type { Observation } from '../slo/observation.ts'
import { type LatencyGroup, readPercentile } from '../slo/reading.ts'
import { formatDuration } from '../units.ts'

/** Percentiles that a table lists, 0 to 100. */
export const percentiles: readonly number[] = [50, 75, 90, 95, 99, 99.9, 99.99]

/** `p99.9`; `min` of 0, `max` of 100. */
export function percentileName(percentile: number): string {
  if (percentile === 0) return 'min'
  return percentile === 100 ? 'max' : `p${percentile}`
}

/**
 * A percentile as a verdict measures it, or the range it lies in where the generator could not see more: pings without an
 * answer are infinitely slow.
 */
export function formatPercentile(run: Observation, percentile: number, group: LatencyGroup = 'latency'): string {
  return formatBracket(readPercentile(run, group, percentile), formatDuration)
}

/** Median and p99 as two rows of a table. */
export function describeBriefly(name: string, run: Observation, group: LatencyGroup = 'latency'): string[][] {
  const [median, tail] = [50, 99].map((percentile) => `p${percentile} ${formatPercentile(run, percentile, group)}`)
  return [
    [name, median!],
    ['', tail!],
  ]
}
