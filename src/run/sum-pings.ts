import type { PingTotals } from '../result/load-result.ts'
import { pingTotals } from '../result/ping-totals.ts'
import type { PingCounts } from '../result/slices.ts'
import { sum } from '../statistics/sum.ts'

/** What became of the pings of several threads. */
export function sumPings(counts: readonly PingCounts[]): PingTotals {
  return pingTotals((kind) => sum(counts.map((count) => count[kind])))
}
