import { expect, test } from 'vitest'
import { blockingProbe } from '../support/blocking-probe.ts'
import { flood } from '../support/flood.ts'
import { delaying, echoing, stalling } from '../support/servers.ts'

const stall = { every: 1_000, for: 600, times: 1 }

test('an open run counts all pings that were due while the server stalled', async () => {
  await using server = await stalling(stall)
  const { latency, pings } = await flood(server, { connections: 4, rate: 500, duration: 2_000 })
  expect(pings).toMatchObject({ due: 1_000, answered: 1_000 })
  expect(server.stalls).toHaveLength(1)
  // Of the 300 pings that were due in the stall's 600 ms, those of its first half waited for 300 ms and more: 15 % of all.
  expect(latency.percentile(86)).toBeGreaterThan(299.9)
  expect(latency.max).toBeGreaterThan(590)
})

test('an open run sees a server that stops for 200 ms every second', async () => {
  await using server = await stalling({ every: 1_000, for: 200 })
  const { latency, pings } = await flood(server, { connections: 10, rate: 1_000, duration: 3_000 })
  expect(pings).toMatchObject({ due: 3_000, answered: 3_000 })
  expect(server.stalls.length).toBeGreaterThanOrEqual(2)
  // Those due in the first 50 ms of the two whole stalls waited for 150 ms and more: 3.3 % of all.
  expect(latency.percentile(99)).toBeGreaterThanOrEqual(150)
})

test('a closed run meets a stall with one ping a connection', async () => {
  await using server = await stalling(stall)
  const { latency } = await flood(server, { connections: 4, duration: 2_000 })
  expect(server.stalls).toHaveLength(1)
  expect(latency.max).toBeGreaterThan(100)
  // The server stalled for a third of the time, and hardly a sample says so.
  expect(latency.percentile(95)).toBeLessThan(100)
})

test('a ping that leaves late keeps the time at which it was due', async () => {
  await using server = await echoing()
  const probe = blockingProbe(50, 60)
  const { latency, pings, generator } = await flood(server, { connections: 1, rate: 1_000, probe })
  expect(pings).toMatchObject({ due: 200, answered: 200 })
  // 60 pings were due while the generator was busy; the first 30 of them left 30 ms late and more.
  expect(generator.sendDelay.percentile(86)).toBeGreaterThan(29.9)
  expect(latency.percentile(86)).toBeGreaterThan(29.9)
  expect(generator.saturated).toBe(true)
  expect(generator.reasons.join()).toContain('late (p99)')
})

test('a generator that cannot keep up waits for the answers to what it sends late, and says how fast it sent', async () => {
  await using server = await delaying(50)
  const probe = {
    request(id: number): string {
      for (const until = performance.now() + 3; performance.now() < until;);
      return `${id}`
    },
    reply: (answer: unknown) => Number(String(answer)),
  }
  const load = { connections: 4, rate: 1_000, duration: 500, drain: 500, warmup: 0, probe }
  const { pings, offeredRate, throughput, generator } = await flood(server, load)
  expect(pings).toMatchObject({ due: 500, sent: 500, answered: 500, lost: 0 })
  expect(generator.saturated).toBe(true)
  expect(generator.eventLoopUtilization).toBeLessThanOrEqual(1)
  // Each took 3 ms of it to make.
  expect(offeredRate).toBeLessThan(500)
  expect(offeredRate).toBeGreaterThanOrEqual(throughput)
})
