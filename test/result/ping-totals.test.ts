import { expect, test } from 'vitest'
import { pingTotals } from '../../src/result/ping-totals.ts'

test('pings that are due are those that were sent and those that were dropped', () => {
  const counts = { sent: 100, answered: 80, coalesced: 10, timedOut: 7, lost: 3, dropped: 5 }
  expect(pingTotals((kind) => counts[kind])).toEqual({ ...counts, due: 105 })
})
