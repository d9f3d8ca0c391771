import type { LoadInterval } from '../result/load-result.ts'
import { formatCount, formatCounted, formatDuration, formatRate } from '../units.ts'

/** How far a run is. */
interface RunProgress {
  readonly phase: string
  readonly remaining: number
  readonly connections: number
  readonly seconds: readonly LoadInterval[]
}

/** One line, with the figures of the last second: `measuring, 100 connections, 98.3k/s, p50 1.02 ms, p99 3.4 ms, 7 s left`. */
export function formatProgress({ phase, remaining, connections, seconds }: RunProgress): string {
  const each = (read: (second: LoadInterval) => string): string => seconds.map(read).join(' → ')
  const failures = seconds.map(({ timedOut, lost, dropped }) => timedOut + lost + dropped)
  return [
    phase,
    formatCounted(connections, 'connection'),
    ...(seconds.length > 0
      ? [
          each(({ throughput }) => formatRate(throughput)),
          `p50 ${each(({ p50 }) => formatDuration(p50))}`,
          `p99 ${each(({ p99 }) => formatDuration(p99))}`,
        ]
      : []),
    ...(failures.some((count) => count > 0) ? [`${failures.map(formatCount).join(' → ')} failed`] : []),
    ...(Number.isFinite(remaining) && remaining > 0
      ? [`${formatDuration(Math.ceil(remaining / 1_000) * 1_000)} left`]
      : []),
  ].join(', ')
}
