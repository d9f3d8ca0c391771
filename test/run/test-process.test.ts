import { afterEach, describe, expect, test, vi } from 'vitest'
import { connectionTotals } from '../support/connection-totals.ts'
import { run } from '../support/run.ts'
import { expectBalanced, flood } from '../support/flood.ts'
import { echoing } from '../support/servers.ts'

test('the event loop of the process that asks for a flood stays free', async () => {
  let ticks = 0
  const ticking = setInterval(() => ticks++, 5)
  // The embedded server has a process of its own, so this process has nothing else to do.
  const { duration } = await run({ warmup: 0, duration: 1_000, connections: 64, inFlight: 8 })
  clearInterval(ticking)
  expect(duration).toBeCloseTo(1_000, 3)
  // There are 200 in a second of an idle process on a processor of its own, and none in a blocked one.
  expect(ticks).toBeGreaterThan(40)
})

describe('under fake timers', () => {
  afterEach(() => void vi.useRealTimers())

  test.each([
    { pings: 100 },
    { pings: 100, warmup: 100 },
    { pings: 100, rate: 1_000, warmup: 100 },
    { duration: 200, rate: 500, threads: 2 },
  ])('a run is what it is without: %j', async (options) => {
    const before = Date.now()
    vi.useFakeTimers({ now: 0 })
    const result = await run({ connections: 2, warmup: 0, ...options })
    vi.useRealTimers()
    expectBalanced(result)
    expect(result.ended).toBe('completed')
    expect(Date.parse(result.startedAt)).toBeGreaterThanOrEqual(before)
    expect(Math.abs(result.pings.answered - 100)).toBeLessThanOrEqual('pings' in options ? 0 : 2)
    expect(result.connections).toEqual(connectionTotals({ requested: 2 }))
  })

  test('a run can be aborted', async () => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 400)
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance', 'hrtime'] })
    const { ended } = await run({ connections: 2, warmup: 0, duration: 60_000, signal: abort.signal })
    expect(ended).toBe('aborted')
  })
})

test('runs at the same time do not disturb each other', async () => {
  await using server = await echoing()
  const results = await Promise.all([1, 2].map((connections) => flood(server, { connections, pings: 100 })))
  for (const { pings } of results) expect(pings).toMatchObject({ sent: 100, answered: 100 })
  expect(server.accepted).toBe(3)
})
