/** Runs of the engine whose books are checked before a test gets to see them. */
import { expect } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { run } from './run.ts'
import type { LoadInterval, LoadResult } from '../../src/result/load-result.ts'

interface Target {
  readonly url: string
  connections(): number
}

/**
 * Floods a server for 200 ms without warm-up, unless `options` say otherwise; the result is balanced, and the server is
 * left without a connection.
 */
export async function flood(server: Target, options: WsLoadOptions = {}): Promise<LoadResult> {
  const result = await floodAt(server.url, options)
  await expect.poll(() => server.connections()).toBe(0)
  return result
}

/** {@link flood} for a target that cannot tell its connections. */
export async function floodAt(url: string, options: WsLoadOptions = {}): Promise<LoadResult> {
  const { duration, pings, stages, until } = options
  const endless = [duration, pings, stages, until].every((end) => end === undefined)
  const result = await run({ url, warmup: 0, ...(endless && { duration: 200 }), ...options })
  expectBalanced(result)
  return result
}

/** Every ping is accounted for once, in the totals, in the intervals and in the histograms. */
export function expectBalanced(result: LoadResult): void {
  const { pings, connections, intervals } = result
  expect(pings.due).toBe(pings.sent + pings.dropped)
  expect(pings.sent).toBe(pings.answered + pings.coalesced + pings.timedOut + pings.lost)
  const { sent, answered, timedOut, lost, dropped } = pings
  const sum = sumOf(intervals)
  const { start, duration } = intervals.at(-1) ?? { start: 0, duration: 0 }
  // A run may be what it was at the look that decided it; its intervals then go on to its end.
  if (result.ended === 'decided' && start + duration > result.duration) {
    expect(sum.sent + sum.dropped).toBeGreaterThanOrEqual(pings.due)
  } else expect(sum).toEqual({ sent, answered, timedOut, lost, dropped })
  const samples = answered + pings.coalesced
  expect(result.latency.count).toBe(samples)
  expect(result.latencyFloor.count).toBe(samples)
  expect(result.serviceTime.count).toBe(samples)
  expect(result.slices.measuredEach().reduce((sum, count) => sum + count, 0)).toBe(samples)
  // An aborted run ends sessions that are neither over nor failed, and any run those of reconnects.
  const finished = connections.opened + connections.failedSessions + result.reconnect.count
  if (connections.reconnects > 0) expect(result.handshake.count).toBeGreaterThanOrEqual(finished)
  else if (result.ended !== 'aborted') expect(result.handshake.count).toBe(finished)
  expect(connections.failedReconnects + result.reconnect.count).toBeLessThanOrEqual(connections.reconnects)
  expect(connections.opened + connections.failed).toBeLessThanOrEqual(connections.requested)
  expect(result.errorRate).toBe((dropped + timedOut + lost) / pings.due)
  expect(result.connectErrorRate).toBe(connections.failed / connections.requested)
}

function sumOf(intervals: readonly LoadInterval[]) {
  const sum = { sent: 0, answered: 0, timedOut: 0, lost: 0, dropped: 0 }
  for (const interval of intervals) {
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += interval[name]
  }
  return sum
}
