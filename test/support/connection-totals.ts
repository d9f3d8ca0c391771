import type { ConnectionTotals } from '../../src/result/load-result.ts'

/** What became of the connections of a run; those that nothing is said of opened, and stayed to its end. */
export function connectionTotals({
  requested,
  failed = 0,
  ...others
}: Pick<ConnectionTotals, 'requested'> & Partial<ConnectionTotals>): ConnectionTotals {
  const none = { closedEarly: 0, failedSessions: 0, reconnects: 0, failedReconnects: 0 }
  return { requested, opened: requested - failed, failed, ...none, ...others }
}
