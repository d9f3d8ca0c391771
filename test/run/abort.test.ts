import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { connectionTotals } from '../support/connection-totals.ts'
import { compare, run } from '../support/run.ts'
import { expectBalanced, flood } from '../support/flood.ts'
import { added, resources } from '../support/resources.ts'
import { delaying, echoing, neverUpgrading, silent } from '../support/servers.ts'

/** Runs that are not ended early take this long. */
const long = 60_000

/** Floods a server and aborts as soon as the server has seen something. */
async function floodUntil(seen: () => boolean, server: Parameters<typeof flood>[0], options: WsLoadOptions) {
  const abort = new AbortController()
  const start = performance.now()
  const looking = setInterval(() => seen() && abort.abort(), 5)
  const result = await flood(server, { signal: abort.signal, ...options })
  clearInterval(looking)
  expect(performance.now() - start).toBeLessThan(long / 2)
  expect(result.ended).toBe('aborted')
  return result
}

test('before the start throws', async () => {
  await using server = await echoing()
  const reason = new Error('no time')
  const aborted = run({ url: server.url, signal: AbortSignal.abort(reason) })
  await expect(aborted).rejects.toMatchObject({ code: 'WSLOAD_ERR_ABORTED', cause: reason })
  expect(server.accepted).toBe(0)
})

test('with mistakes in the options throws those', async () => {
  const aborted = run({ connections: 0, signal: AbortSignal.abort() })
  await expect(aborted).rejects.toMatchObject({ code: 'WSLOAD_ERR_INVALID_OPTIONS' })
})

describe('while connecting', () => {
  test('gives up the handshakes that are under way', async () => {
    await using server = await neverUpgrading()
    const { connections, errors, pings } = await floodUntil(() => server.accepted === 3, server, {
      connections: 3,
      connectTimeout: long,
    })
    expect(connections).toEqual(connectionTotals({ requested: 3, opened: 0 }))
    expect(errors).toEqual({})
    expect(pings.due).toBe(0)
  })

  test('opens no further connection and sends nothing', async () => {
    await using server = await echoing()
    const { connections, pings, duration } = await floodUntil(() => server.accepted > 2, server, {
      connections: 1_000,
      connectRate: 20,
    })
    expect(server.accepted).toBeLessThan(100)
    expect(connections.opened).toBeLessThanOrEqual(server.accepted)
    expect(server.pings).toBe(0)
    expect(pings.due).toBe(0)
    expect(duration).toBe(0)
  })

  test('to two servers that are compared measures nothing of either', async () => {
    await using base = await neverUpgrading()
    await using head = await neverUpgrading()
    const abort = new AbortController()
    const sides = { base: { url: base.url }, head: { url: head.url } }
    const compared = compare({ ...sides, connections: 2, connectTimeout: long, signal: abort.signal })
    await expect.poll(() => base.accepted + head.accepted).toBe(4)
    abort.abort()
    const { base: ofBase, head: ofHead } = await compared
    for (const { ended, duration, pings } of [ofBase, ofHead]) {
      expect([ended, duration, pings.due]).toEqual(['aborted', 0, 0])
    }
  })
})

test('in warm-up measures nothing', async () => {
  await using server = await echoing()
  const { pings, duration, intervals, startedAt } = await floodUntil(() => server.pings > 50, server, {
    warmup: long,
    duration: long,
  })
  expect(server.pings).toBeGreaterThan(0)
  expect(pings.due).toBe(0)
  expect(duration).toBe(0)
  expect(intervals).toEqual([])
  expect(Date.parse(startedAt)).not.toBeNaN()
})

describe('in the measured window', () => {
  test.each<WsLoadOptions>([
    { duration: long },
    { pings: 1e9 },
    { rate: 500, duration: long },
    { rate: 500, pings: 1e9 },
    { stages: [{ duration: long, rate: 60_000 }] },
  ])('keeps what was measured until then: %j', async (options) => {
    await using server = await echoing()
    const { pings, duration } = await floodUntil(() => server.pings > 50, server, options)
    expect(pings.answered).toBeGreaterThan(0)
    expect(pings.lost).toBe(pings.sent - pings.answered)
    expect(duration).toBeGreaterThan(0)
    expect(duration).toBeLessThan(long / 2)
  })

  test('on two threads ends both', async () => {
    await using server = await echoing()
    const { pings, generator } = await floodUntil(() => server.pings > 50, server, {
      connections: 4,
      threads: 2,
      duration: long,
    })
    expect(generator.threads).toBe(2)
    expect(pings.answered).toBeGreaterThan(0)
  })

  test('counts what is unanswered as lost', async () => {
    await using server = await silent()
    const { pings } = await floodUntil(() => server.pings === 6, server, {
      connections: 3,
      inFlight: 2,
      duration: long,
      timeout: long,
    })
    expect(pings).toMatchObject({ sent: 6, lost: 6 })
  })
})

test('in the drain waits for no answer', async () => {
  await using server = await delaying(long)
  let seenAt = Infinity
  function seen(): boolean {
    if (server.pings === 3) seenAt = Math.min(seenAt, performance.now())
    // The window is over then.
    return performance.now() - seenAt > 150
  }
  const { pings } = await floodUntil(seen, server, { connections: 3, pings: 3, drain: long, timeout: long })
  expect(pings).toMatchObject({ sent: 3, lost: 3 })
})

test('while the embedded server starts ends the run', async () => {
  const abort = new AbortController()
  const started = run({ duration: long, signal: abort.signal })
  abort.abort()
  const result = await started
  expect(result.ended).toBe('aborted')
  expectBalanced(result)
})

test('after the end changes nothing', async () => {
  await using server = await echoing()
  const abort = new AbortController()
  const { ended } = await flood(server, { duration: 50, signal: abort.signal })
  abort.abort()
  expect(ended).toBe('completed')
})

describe('nothing is left in this process', () => {
  test.each([0, 1, 30])('of a run that the server has seen %i pings of', async (pings) => {
    await using server = await echoing()
    const before = resources()
    await floodUntil(() => server.pings >= pings, server, { connections: 20, duration: long })
    await expect.poll(() => added(before)).toEqual([])
  })

  test('of a run that came to its end', async () => {
    await using server = await echoing()
    const before = resources()
    const run = flood(server, { connections: 20, duration: 100, threads: 2, signal: new AbortController().signal })
    await expect.poll(() => added(before)).not.toEqual([])
    await run
    await expect.poll(() => added(before)).toEqual([])
  })

  test('of a run against an embedded server', async () => {
    const before = resources()
    await run({ warmup: 0, duration: 50 })
    await expect.poll(() => added(before)).toEqual([])
  })
})
