import { describe, expect, test } from 'vitest'
import { flood } from '../support/flood.ts'
import { echoing } from '../support/servers.ts'

describe.each([1, 2, 3])('on %i threads', (threads) => {
  test('a closed run sends exactly the pings it was asked for', async () => {
    await using server = await echoing()
    const { pings, ended } = await flood(server, { pings: 1_000, connections: 7, inFlight: 3, threads })
    expect(pings).toMatchObject({ due: 1_000, sent: 1_000, answered: 1_000 })
    expect(server.pings).toBe(1_000)
    expect(ended).toBe('completed')
  })

  test('an open run sends exactly the pings it was asked for', async () => {
    await using server = await echoing()
    const { pings } = await flood(server, { pings: 500, connections: 7, rate: 5_000, threads })
    expect(pings).toMatchObject({ due: 500, sent: 500, answered: 500 })
    expect(server.pings).toBe(500)
  })

  test('a warm-up does not count', async () => {
    await using server = await echoing()
    const { pings } = await flood(server, { pings: 1_000, connections: 7, inFlight: 8, warmup: 100, threads })
    expect(pings).toMatchObject({ due: 1_000, sent: 1_000, answered: 1_000 })
    expect(server.pings).toBeGreaterThan(1_000)
  })
})

test('an open warm-up does not count', async () => {
  await using server = await echoing()
  const { pings } = await flood(server, { pings: 100, rate: 1_000, arrivals: 'poisson', warmup: 100 })
  expect(pings).toMatchObject({ due: 100, sent: 100, answered: 100 })
  expect(server.pings).toBeGreaterThan(100)
})

test('fewer pings than connections leave connections idle', async () => {
  await using server = await echoing()
  const { pings, connections } = await flood(server, { pings: 3, connections: 10 })
  expect(pings).toMatchObject({ sent: 3, answered: 3 })
  expect(connections.opened).toBe(10)
  expect(server.pings).toBe(3)
})

test('more places than pings are left free', async () => {
  await using server = await echoing()
  const { pings } = await flood(server, { pings: 10, connections: 1, inFlight: 60 })
  expect(pings).toMatchObject({ sent: 10, answered: 10 })
})
