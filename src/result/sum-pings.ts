import type { PingTotals } from './load-result.ts'
import { pingTotals } from './ping-totals.ts'
import type { PingCounts } from './slices.ts'
import { sum } from '../statistics/sum.ts'

/** What became of the pings of several threads. */
export function sumPings(counts: readonly PingCounts[]): PingTotals {
  return pingTotals((kind) => sum(counts.map((count) => count[kind])))
}
