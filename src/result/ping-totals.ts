import type { PingTotals } from './load-result.ts'
import type { PingKind } from './slices.ts'

/** Totals that balance, from how many pings there were of each kind. */
export function pingTotals(count: (kind: PingKind) => number): PingTotals {
  const sent = count('sent')
  const dropped = count('dropped')
  return {
    due: sent + dropped,
    sent,
    answered: count('answered'),
    coalesced: count('coalesced'),
    timedOut: count('timedOut'),
    lost: count('lost'),
    dropped,
  }
}
