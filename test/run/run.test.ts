import { describe, expect, test } from 'vitest'
import { connectionTotals } from '../support/connection-totals.ts'
import { run } from '../support/run.ts'
import { expectBalanced, flood } from '../support/flood.ts'
import { delaying, echoing } from '../support/servers.ts'
import { onRequest, serveWebSockets } from '../support/ws-server.ts'

test('answers every ping of an echo server', async () => {
  await using server = await echoing()
  const result = await flood(server, { connections: 3 })
  expect(result.ended).toBe('completed')
  expect(result.pings.answered).toBeGreaterThan(0)
  expect(result.pings).toMatchObject({ sent: server.pings, answered: server.pings, coalesced: 0, timedOut: 0, lost: 0 })
  expect(result.connections).toEqual(connectionTotals({ requested: 3 }))
  expect(result.errors).toEqual({})
  expect(result.errorRate).toBe(0)
})

test('says goodbye with code 1000 on every connection', async () => {
  await using server = await echoing()
  await flood(server, { connections: 5, duration: 50 })
  expect(server.closes).toEqual(Array.from({ length: 5 }, () => ({ code: 1000, reason: '' })))
  expect(server.errors).toEqual([])
})

test('opens as many connections as asked for, and holds them together', async () => {
  await using server = await echoing()
  await flood(server, { connections: 150, duration: 50 })
  expect(server).toMatchObject({ accepted: 150, peak: 150 })
})

test('opens connections at the rate asked for', async () => {
  const opened: number[] = []
  await using server = await serveWebSockets({}, (socket) => {
    opened.push(performance.now())
    onRequest(socket, (answer) => answer())
  })
  await flood(server, { connections: 21, connectRate: 20, duration: 1, threads: 1 })
  expect(opened).toHaveLength(21)
  // The last of them is due 20 / 20 s after the first, which may be seen late.
  expect(opened.at(-1)! - opened[0]!).toBeGreaterThan(250)
})

describe('the measured window', () => {
  test('is as long as asked for', async () => {
    await using server = await echoing()
    const { duration } = await flood(server, { duration: 250, connections: 1 })
    expect(duration).toBeCloseTo(250, 3)
  })

  test('leaves the warm-up out', async () => {
    await using server = await delaying(20)
    const { pings, duration } = await flood(server, { connections: 1, warmup: 200, duration: 100 })
    expect(duration).toBeCloseTo(100, 3)
    // An answer takes 20 ms at least, so 100 ms hold 6 pings at most.
    expect(pings.sent).toBeLessThanOrEqual(6)
    expect(server.pings).toBeGreaterThan(pings.sent)
  })

  test('is cut into intervals of a second', async () => {
    await using server = await echoing()
    const { intervals, duration } = await flood(server, { duration: 1_300, rate: 200 })
    expect(intervals).toHaveLength(2)
    const [first, last] = intervals
    expect(first!.start).toBe(0)
    expect(last!.start).toBe(first!.duration)
    expect(last!.start + last!.duration).toBeCloseTo(duration)
    expect(first!.sent).toBeGreaterThan(last!.sent)
  })

  test('begins when the summary says', async () => {
    await using server = await echoing()
    const before = Date.now()
    const { startedAt, duration } = await flood(server, { warmup: 100, duration: 100 })
    const began = Date.parse(startedAt)
    expect(began).toBeGreaterThanOrEqual(before + 100)
    expect(began).toBeLessThanOrEqual(Date.now() - duration + 1)
  })

  test('gives the rates of the summary', async () => {
    await using server = await echoing()
    // Without a rate: a generator that cannot keep up with one sends on after the measured window, and divides by that.
    const { pings, duration, throughput, offeredRate } = await flood(server, { drain: 0 })
    expect(offeredRate).toBeCloseTo((pings.sent * 1_000) / duration)
    expect(throughput).toBeLessThanOrEqual((pings.answered * 1_000) / duration)
    expect(throughput).toBeGreaterThan(0)
  })
})

describe('the drain', () => {
  test('waits for late answers', async () => {
    await using server = await delaying(150)
    const { pings, throughput } = await flood(server, { connections: 4, pings: 4 })
    expect(pings).toMatchObject({ sent: 4, answered: 4 })
    // Four answers, of which the last came after 150 ms at least.
    expect(throughput).toBeLessThanOrEqual(4 / 0.15)
  })

  test('of 0 counts late answers as lost', async () => {
    await using server = await delaying(5_000)
    const { pings } = await flood(server, { connections: 4, pings: 4, drain: 0 })
    expect(pings).toMatchObject({ sent: 4, answered: 0, lost: 4 })
  })

  test('is over for texts as well: what comes while it is listened for more counts for nothing', async () => {
    await using server = await delaying(500)
    const load = { probe: { text: 'PING' }, rate: 200, duration: 800, drain: 0 }
    const result = await flood(server, load)
    expectBalanced(result)
    const { pings, messages } = result
    expect(pings.lost).toBeGreaterThan(10)
    expect(messages.surplus).toBe(0)
    expect(messages.received).toBeGreaterThan(pings.answered)
  })

  test('ends when every ping is settled', async () => {
    await using server = await echoing()
    const start = performance.now()
    await flood(server, { duration: 50, drain: '1m' })
    expect(performance.now() - start).toBeLessThan(30_000)
  })
})

test('floods an embedded echo server of its own when it is given no URL', async () => {
  const result = await run({ warmup: 0, pings: 100 })
  expectBalanced(result)
  expect(result.ended).toBe('completed')
  expect(result.pings.answered).toBeGreaterThan(0)
  expect(result.options['url']).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/$/)
})
