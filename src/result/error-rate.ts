import type { ConnectionTotals, PingTotals } from './load-result.ts'

/** Failed share of the pings that were due, 0 to 1: dropped, timed out or lost. `NaN` where none was due. */
export function errorRate({ due, dropped, timedOut, lost }: PingTotals): number {
  return (dropped + timedOut + lost) / due
}

/** Share of the connections asked for that never opened, or whose session failed, 0 to 1. */
export function connectErrorRate({ requested, failed }: ConnectionTotals): number {
  return failed / requested
}

/** Share of the expected deliveries of published messages that came, 0 to 1; `NaN` where none was expected. */
export function reachOf({ sent, answered }: PingTotals): number {
  return answered / sent
}
