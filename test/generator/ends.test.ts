import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { connectionTotals } from '../support/connection-totals.ts'
import { flood, floodAt } from '../support/flood.ts'
import { closePayload } from '../support/frames.ts'
import { compare } from '../support/run.ts'
import { babbles, closing, echoing, freezing, goodbye, lingering, type LingeringOptions } from '../support/servers.ts'

const close1011 = goodbye(closePayload(1_011, 'no more'))
const half = { every: 2, after: { answers: 3 } }
const halfOf4 = connectionTotals({ requested: 4, closedEarly: 2 })
const all4 = { ...halfOf4, closedEarly: 4 }

const ends = [
  ['says goodbye', close1011, 'CLOSE_1011'],
  ['says goodbye without a code', goodbye(Buffer.alloc(0)), 'CLOSE_1005'],
  ['breaks the protocol', babbles['a reserved bit'], 'WS_ERR_UNEXPECTED_RSV_2_3'],
] as const

const loads = [
  ['in the closed model', { inFlight: 2 }],
  ['in the open model', { rate: 2_000 }],
  ['with texts', { probe: { text: 'x', answer: { echo: true } } }],
] as const

describe.each(ends)('a connection whose server %s, and leaves TCP open', (_, bytes, code) => {
  test.each(loads)('has ended early: %s', async (__, load) => {
    await using server = await lingering(bytes, half)
    const { connections, errors, ended, pings } = await flood(server, { connections: 4, ...load, duration: 400 })
    expect(connections).toEqual(halfOf4)
    expect(errors).toMatchObject({ [code]: { count: 2 } })
    expect(Object.keys(errors)).toEqual([code])
    expect(ended).toBe('completed')
    expect(pings.timedOut).toBe(0)
    await expect.poll(() => server.deaf).toBe(0)
    expect(server.late).toBe(0)
  })

  test.each(loads)('ends the run if all do so: %s', async (__, load) => {
    await using server = await lingering(bytes, { after: { answers: 3 } })
    const began = performance.now()
    const { connections, errors, ended } = await flood(server, { connections: 4, ...load, duration: 20_000 })
    expect(connections).toEqual(all4)
    expect(errors).toMatchObject({ [code]: { count: 4 } })
    expect(ended).toBe('disconnected')
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('has ended early: with compressed texts', async () => {
    await using server = await freezing(bytes, { answers: 3, perMessageDeflate: true })
    const load = { connections: 4, probe: { text: 'x'.repeat(1_000) }, perMessageDeflate: true, inFlight: 2 }
    const { connections, errors, ended } = await floodAt(server.url, { ...load, duration: 20_000 })
    expect(server.handshakes.map(({ extensions }) => extensions)).toContain('permessage-deflate')
    expect(connections).toEqual(all4)
    expect(errors).toMatchObject({ [code]: { count: 4 } })
    expect(ended).toBe('disconnected')
  })

  test('does not keep a run by pings, nor its drain, from its end', async () => {
    await using server = await lingering(bytes, { ...half, after: { answers: 5 } })
    const load = { connections: 4, inFlight: 3, pings: 200, timeout: 20_000, drain: 20_000 }
    const began = performance.now()
    const { connections, pings, ended } = await flood(server, load)
    expect(connections).toEqual(halfOf4)
    expect(pings).toMatchObject({ sent: 200, timedOut: 0 })
    expect(pings.lost).toBeLessThanOrEqual(6)
    expect(ended).toBe('completed')
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})

const meetsNoSLO: readonly (readonly [string, Buffer, LingeringOptions])[] = [
  ['goes on answering', close1011, { ...half, answersOn: true }],
  ['ends its side of TCP', close1011, { ...half, halfCloses: true }],
  ['ends its side of TCP without a close frame', Buffer.alloc(0), { ...half, halfCloses: true }],
]

test.each(meetsNoSLO)(
  'a server that says goodbye and %s is not asked any more, and meets no SLO',
  async (_, bytes, how) => {
    await using server = await lingering(bytes, how)
    const result = await flood(server, { connections: 4, rate: 2_000, duration: 300 })
    expect(result.connections).toEqual(halfOf4)
    expect(Object.values(result.errors)).toMatchObject([{ count: 2 }])
    await expect.poll(() => server.deaf).toBe(0)
    expect(server.late).toBe(0)
    const { verdict, reasons } = evaluateSLO(result, { max: '< 1h' })
    expect(verdict).toBe('fail')
    expect(reasons).toContain('2 of 4 connections ended before the run did')
  },
)

test('an SLO is met by the same server if it does not say goodbye', async () => {
  await using server = await lingering(close1011, { after: { answers: Infinity } })
  const result = await flood(server, { connections: 4, rate: 2_000, duration: 300 })
  expect(evaluateSLO(result, { max: '< 1h' }).verdict).toBe('pass')
})

test('a goodbye in the warm-up counts, and the pings of the warm-up do not', async () => {
  await using server = await lingering(close1011, { after: { ms: 100 }, every: 2 })
  const { connections, errors, pings } = await flood(server, { connections: 4, warmup: 400, duration: 100 })
  expect(connections).toEqual(halfOf4)
  expect(errors).toMatchObject({ CLOSE_1011: { count: 2 } })
  expect(pings).toMatchObject({ lost: 0, timedOut: 0 })
})

test('a goodbye behind answered texts says nothing of unanswered ones', async () => {
  await using server = await closing({ after: { answers: 30 } })
  const { errors } = await flood(server, { connections: 1, pings: 40, probe: { text: 'x' } })
  expect(errors).toEqual({ CLOSE_1005: { count: 1, samples: ['closed by the server'] } })
})

test('a goodbye in the drain loses what is unanswered at once', async () => {
  await using server = await lingering(close1011, { after: { ms: 2_000 }, every: 1 })
  const began = performance.now()
  const { connections, ended, pings } = await flood(server, {
    connections: 4,
    duration: 200,
    drain: 20_000,
    timeout: 20_000,
    probe: { text: 'x', answer: 'never' },
  })
  expect(connections).toEqual(all4)
  expect(ended).toBe('completed')
  expect(pings).toMatchObject({ sent: 4, lost: 4 })
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('a server that never hears goodbye itself is left after half a second', async () => {
  await using server = await lingering(close1011, { after: { answers: Infinity } })
  const { connections, errors } = await flood(server, { connections: 4, duration: 100 })
  expect(connections).toEqual({ ...all4, closedEarly: 0 })
  expect(errors).toEqual({})
})

test('a comparison with a head half of whose connections ended early is no comparison', async () => {
  await using base = await echoing()
  await using head = await lingering(close1011, half)
  const load = { connections: 4, warmup: 0, maxDuration: 2_000, tolerance: { p50: '500%' } }
  const { verdict, ...runs } = await compare({ base: { url: base.url }, head: { url: head.url }, ...load })
  expect(runs.head.connections).toEqual(halfOf4)
  expect(runs.head.errors).toMatchObject({ CLOSE_1011: { count: 2 } })
  expect(verdict.verdict).toBe('unclear')
  expect(verdict.reasons).toContain('head: 2 of 4 connections ended before the run did')
})
