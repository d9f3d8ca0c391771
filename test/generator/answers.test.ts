import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { blockingProbe } from '../support/blocking-probe.ts'
import { flood } from '../support/flood.ts'
import {
  chopping,
  coalescing,
  delaying,
  echoing,
  gluing,
  greeting,
  heartbeating,
  losing,
  silent,
  vanishing,
} from '../support/servers.ts'

describe('a pong to a newer ping', () => {
  test('settles the older ones, as slow as it and no errors', async () => {
    await using server = await coalescing(20)
    const { pings, latency, errorRate, errors } = await flood(server, { rate: 1_000, connections: 1 })
    expect(pings).toMatchObject({ due: 200, sent: 200, answered: server.pongsSent, timedOut: 0, lost: 0 })
    expect(pings.coalesced).toBe(200 - server.pongsSent)
    expect(pings.coalesced).toBeGreaterThan(0)
    expect({ errorRate, errors }).toEqual({ errorRate: 0, errors: {} })
    // The first of each twenty waits for 20 ms, the newest for one.
    expect(latency.count).toBe(200)
    expect(latency.p50).toBeGreaterThan(5)
  })

  test('frees the places of all of them', async () => {
    await using server = await coalescing(10)
    const { pings } = await flood(server, { connections: 2, inFlight: 8, pings: 80 })
    // Eight pings leave in one segment, and one pong makes room for the next eight.
    expect(pings).toMatchObject({ sent: 80, answered: 10, coalesced: 70 })
    expect(server).toMatchObject({ pings: 80, pongsSent: 10 })
  })
})

describe('a ping without an answer', () => {
  test('is timed out when the server stays silent', async () => {
    await using server = await silent()
    const { pings, latency, throughput, errorRate } = await flood(server, { connections: 3, timeout: 40 })
    expect(pings.timedOut).toBe(pings.sent)
    expect(pings.sent).toBe(server.pings)
    expect(latency.p50).toBeNaN()
    expect(throughput).toBe(0)
    expect(errorRate).toBe(1)
  })

  test('counts among the pings that were due, however many connections there are', async () => {
    await using server = await losing({ every: 25 })
    const result = await flood(server, { connections: 2_000, rate: 1_000, duration: 2_000, timeout: 4_000 })
    const { due, timedOut, coalesced, lost, dropped } = result.pings
    // Where a connection cannot be written to for a moment, another one has two pings: the newer one's answer stands for a lost one.
    expect({ due, lost: timedOut + lost + coalesced }).toEqual({ due: 2_000, lost: server.lost })
    const failed = timedOut + lost + dropped
    expect(failed).toBeGreaterThan(60)
    expect(result).toMatchObject({ errorRate: failed / 2_000, connectErrorRate: 0 })
    const [objective] = evaluateSLO(result, { errorRate: '< 2.5%' }).objectives
    expect(objective).toMatchObject({ measured: failed / 2_000, samples: 2_000 })
    expect(objective!.verdict).not.toBe('pass')
  })

  test('is settled by the answer to a newer one where pings are on their way together', async () => {
    await using server = await losing({ every: 10 })
    const { pings } = await flood(server, { rate: 1_000, connections: 1, drain: 3_000 })
    expect(pings).toMatchObject({ sent: 200, answered: 180, timedOut: 0 })
    // Behind the very last ping comes no newer one.
    expect(pings).toMatchObject({ coalesced: 19, lost: 1 })
  })

  test('is timed out on a connection that goes on', async () => {
    await using server = await losing({ every: 10 })
    const { pings, connections } = await flood(server, { connections: 4, pings: 40, timeout: 250 })
    expect(pings).toMatchObject({ sent: 40, timedOut: 4, answered: 36 })
    expect(server).toMatchObject({ lost: 4, accepted: 4 })
    expect(connections.closedEarly).toBe(0)
  })

  test('is lost when its connection ends', async () => {
    await using server = await vanishing({ after: { ms: 100 } })
    const { pings, ended, duration } = await flood(server, { rate: 1_000, connections: 2, duration: 20_000 })
    expect(ended).toBe('disconnected')
    expect(duration).toBeLessThan(10_000)
    expect(pings.answered).toBeLessThanOrEqual(server.answered)
    expect(pings.lost).toBe(pings.sent - pings.answered)
  })
})

test('an answer after the timeout is no sample', async () => {
  await using server = await delaying((n) => (n % 5 === 0 ? 500 : 0), { unordered: true })
  const { pings, latency } = await flood(server, { connections: 1, pings: 12, timeout: 200 })
  expect(pings).toMatchObject({ sent: 12, answered: 10, timedOut: 2 })
  expect(latency.bounds(100).floor).toBeLessThanOrEqual(200)
})

test('no sample surely took longer than the timeout', async () => {
  await using server = await delaying(206)
  const { pings, serviceTime } = await flood(server, { connections: 4, rate: 500, timeout: 200 })
  expect(pings.timedOut).toBeGreaterThan(0)
  // A generator that has not polled in time may take an answer for one in time: only then there are samples.
  expect(serviceTime.bounds(100).floor > 200.1).toBe(false)
})

test.each(['ping', { text: 'PING' }] as const)('frames that answer no %j do not disturb', async (probe) => {
  await using server = await heartbeating(5)
  const { pings, errors } = await flood(server, { connections: 4, inFlight: 4, probe })
  expect(pings.answered).toBe(server.pings + server.messages)
  expect(errors).toEqual({})
  // The server's own pings are answered as RFC 6455 section 5.5.3 demands.
  expect(server.pongs).toBeGreaterThan(0)
})

describe.each(['ping', { text: 'a message of some length' }] as const)('answers to %j', (probe) => {
  test.each([1, 7])('are put together from segments of %i bytes', async (every) => {
    await using server = await chopping({ every })
    const { pings, errors } = await flood(server, { connections: 3, inFlight: 2, pings: 60, probe })
    expect(pings).toMatchObject({ sent: 60, answered: 60 })
    expect(errors).toEqual({})
  })

  test('are told apart within one segment', async () => {
    await using server = await gluing(10)
    const { pings } = await flood(server, { connections: 2, inFlight: 16, pings: 320, probe })
    expect(pings.answered + pings.coalesced).toBe(320)
    expect(Math.max(...server.writes)).toBeGreaterThan(1)
  })
})

describe('a message that the server sends with its handshake', () => {
  test.each(['ping', { text: 'question' }] as const)('answers no %j', async (probe) => {
    await using server = await greeting('welcome')
    const { pings, errors } = await flood(server, { connections: 5, pings: 50, probe })
    expect(pings).toMatchObject({ sent: 50, answered: 50 })
    expect(errors).toEqual({})
  })

  test.each([1, 2, 5])('is understood in pieces of %i bytes', async (cut) => {
    await using server = await greeting('welcome', { cut })
    const { pings, connections, errors } = await flood(server, { connections: 3, pings: 30 })
    expect(pings).toMatchObject({ sent: 30, answered: 30 })
    expect(connections.closedEarly).toBe(0)
    expect(errors).toEqual({})
  })
})

test('an answer that came in time has not timed out because the generator polled late', async () => {
  await using server = await echoing()
  const probe = blockingProbe(100, 1_500)
  const { pings } = await flood(server, { connections: 40, pings: 200, timeout: 1_000, probe })
  expect(pings.answered + pings.timedOut).toBe(200)
  // Only the one whose request took so long may have.
  expect(pings.timedOut).toBeLessThanOrEqual(1)
})
