import { expect, test } from 'vitest'
import { formatProgress } from '../../src/report/progress.ts'

const run = { connections: 1_000, remaining: 6_100 }
const second = {
  start: 0,
  duration: 1_000,
  sent: 4_000,
  answered: 4_000,
  timedOut: 0,
  lost: 0,
  dropped: 0,
  throughput: 4_000,
  p50: 2,
  p99: 18,
  max: 20,
}
const silent = { ...second, answered: 0, throughput: 0, timedOut: 1_000, lost: 7, p50: NaN, p99: NaN, max: NaN }

test.for([
  [{ ...run, phase: 'connecting', remaining: Infinity, seconds: [] }, 'connecting, 1,000 connections'],
  [{ ...run, phase: 'warming up', seconds: [] }, 'warming up, 1,000 connections, 7 s left'],
  [
    { ...run, phase: 'measuring', seconds: [second] },
    'measuring, 1,000 connections, 4k/s, p50 2 ms, p99 18 ms, 7 s left',
  ],
  [
    { ...run, phase: 'draining', remaining: 0, seconds: [silent] },
    'draining, 1,000 connections, 0/s, p50 -, p99 -, 1,007 failed',
  ],
  [
    { ...run, phase: 'measuring', seconds: [second, silent] },
    'measuring, 1,000 connections, 4k/s → 0/s, p50 2 ms → -, p99 18 ms → -, 0 → 1,007 failed, 7 s left',
  ],
] as const)('a line of progress says %j', ([progress, line]) => {
  expect(formatProgress(progress)).toBe(line)
})
