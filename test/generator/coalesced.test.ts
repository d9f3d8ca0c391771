import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { coalescingReads, napping, standingStill } from '../support/coalescing.ts'
import { flood } from '../support/flood.ts'
import { compare } from '../support/run.ts'
import { coalescing, delaying } from '../support/servers.ts'

/** How long a server stands still before it answers the newest ping alone, in ms. */
const stall = 900
/** No server that stands still for nine tenths of the time meets it. */
const slo = { p50: '< 100ms' } as const
const rate: WsLoadOptions = { connections: 20, rate: 1_000, drain: 2_000 }

describe('a server that stands still, then answers only the newest ping', () => {
  test('misses its SLO at a rate', async () => {
    await using server = await standingStill(stall)
    const result = await flood(server, { ...rate, duration: 6_000 })
    const { pings, latency, serviceTime } = result
    expect(pings.coalesced).toBeGreaterThan(20 * pings.answered)
    for (const { p50, floors } of [latency, serviceTime]) {
      expect(p50).toBeGreaterThan(stall / 3)
      expect(floors.getValueAtPercentile(50) / 1e6).toBeGreaterThan(stall / 4)
    }
    expect(evaluateSLO(result, slo).verdict).toBe('fail')
    expect(evaluateSLO(result, { p50: '< 20ms over any 3s' }).verdict).toBe('fail')
    expect(evaluateSLO(result, { mean: '< 100ms' }).verdict).toBe('fail')
  })

  test('misses its SLO in the closed model', async () => {
    await using server = await napping(stall)
    const result = await flood(server, { connections: 20, inFlight: 16, duration: 5_000, drain: 2_000 })
    expect(result.pings.coalesced).toBeGreaterThan(2 * result.pings.answered)
    expect(result.latency.p50).toBeGreaterThan(stall * 0.99)
    expect(evaluateSLO(result, slo).verdict).toBe('fail')
  })

  test('ends a run that lasts until this is decided', async () => {
    await using server = await standingStill(stall)
    const until = { p50: '< 20ms' } as const
    const result = await flood(server, { ...rate, until, maxDuration: 25_000 })
    expect(result.ended).toBe('decided')
    expect(result.latency.p50).toBeGreaterThan(stall / 3)
    // What was under way at the look may come so close together that all of it tells less.
    expect(evaluateSLO(result, until).verdict).not.toBe('pass')
  })

  test('is slower than one that answers each ping late', async () => {
    await using base = await delaying(4)
    await using head = await coalescing(40)
    const load = { connections: 4, rate: 2_000, warmup: 0, drain: 200, maxDuration: 20_000 }
    const { verdict } = await compare({ base: { url: base.url }, head: { url: head.url }, ...load })
    expect(verdict.verdict).toBe('slower')
    expect(verdict.changes.find(({ indicator }) => indicator === 'p50')).toMatchObject({ verdict: 'slower' })
  })
})

test('a server that answers the newest ping of each read is as fast as that, and meets its SLO', async () => {
  await using server = await coalescingReads()
  const load = { connections: 4, inFlight: 8, until: { p50: '< 1s' }, maxDuration: 30_000 }
  const result = await flood(server, load)
  expect(result.pings.coalesced).toBeGreaterThan(result.pings.answered)
  expect(evaluateSLO(result, { p50: '< 1s', errorRate: '<= 0' }).verdict).toBe('pass')
})

test('a ping that had timed out stays timed out when a newer one is answered', async () => {
  await using server = await coalescing(1_000)
  const load = { connections: 1, rate: 50, duration: 2_000, timeout: 500, drain: 1_000 }
  const { pings, serviceTime } = await flood(server, load)
  expect(pings.answered).toBeLessThanOrEqual(server.pongsSent)
  expect(pings.timedOut).toBeGreaterThan(0)
  expect(pings.coalesced).toBeGreaterThan(0)
  expect(serviceTime.bounds(100).floor).toBeLessThanOrEqual(500)
})
