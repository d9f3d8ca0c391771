import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { answeringAll, crossing, handling, pong } from '../support/crossing.ts'
import { flood } from '../support/flood.ts'

/** So lenient that only answers that did not come fall short of it. */
const lenient = { p50: '< 4s', throughput: '> 1/s', errorRate: '< 40%' } as const
const json: NonNullable<WsLoadOptions['probe']> = {
  request: (id) => `${id}`,
  reply: (message) => Number(String(message)),
}
const models: [name: string, load: WsLoadOptions][] = [
  ['a rate', { rate: 400, duration: 500 }],
  ['a rate from two threads', { rate: 400, duration: 500, threads: 2 }],
  ['a closed model', { inFlight: 4, duration: 300 }],
  ['a closed model in two threads', { inFlight: 4, duration: 300, threads: 2 }],
]

describe.each(models)('at %s', (_, load) => {
  describe.each<NonNullable<WsLoadOptions['probe']>>(['ping', json])('a %s', (probe) => {
    test('is not answered on another connection', async () => {
      await using server = await crossing()
      const result = await flood(server, { connections: 4, probe, timeout: 100, ...load })
      expect(result.pings.answered).toBe(0)
      expect(result.pings.sent).toBeGreaterThan(0)
      expect(evaluateSLO(result, lenient).verdict).toBe('inconclusive')
    })

    test('is answered on its own connection only, though all of them hear its answer', async () => {
      await using server = await answeringAll()
      const result = await flood(server, { connections: 4, probe, ...load })
      expect(result.pings).toMatchObject({ answered: result.pings.sent, coalesced: 0 })
      expect(result.connections.closedEarly).toBe(0)
      expect(evaluateSLO(result, { max: '< 4s', timedOut: '<= 0' }).verdict).toBe('pass')
      const { pongs, messages } = result
      expect(probe === 'ping' ? pongs.unsolicited : messages.unsolicited).toBeGreaterThan(result.pings.sent)
    })
  })

  test('pings that are answered on another connection miss an SLO though the other half is answered well', async () => {
    await using server = await crossing((nth) => nth % 2 === 0)
    const result = await flood(server, { connections: 4, timeout: 100, ...load })
    expect(result.pings.answered).toBeGreaterThan(0)
    expect(result.pings.timedOut).toBeGreaterThan(0)
    // Where the machine disturbs the generator, it does not blame the server.
    const red = result.generator.saturated ? ['inconclusive', 'fail'] : ['fail']
    expect(red).toContain(evaluateSLO(result, { timedOut: '<= 0' }).verdict)
    expect(red).toContain(evaluateSLO(result, { max: '< 4s' }).verdict)
  })
})

test('of pongs that were all sent on other connections the verdict says so', async () => {
  await using server = await crossing()
  const result = await flood(server, { connections: 2, inFlight: 4, pings: 8, timeout: 1_000 })
  expect(result.pongs.unsolicited).toBe(8)
  expect(evaluateSLO(result, lenient)).toMatchObject({
    vacuous: true,
    reasons: [
      'nothing was measured, 2 of 2 connections opened, none of 8 pings was answered, 8 pongs carry no ping of their connection',
    ],
  })
})

test('a pong that is repeated answers no ping but its own', async () => {
  const first: Buffer[] = []
  await using server = await handling(({ answer, nth, sockets }) => {
    first[nth] ??= answer
    sockets[nth]!.write(first[nth])
  })
  const { pings, pongs } = await flood(server, { connections: 3, inFlight: 4, pings: 12, timeout: 1_000 })
  expect(pings).toMatchObject({ sent: 12, answered: 3, coalesced: 0, timedOut: 9 })
  // What a connection did send has not come unasked.
  expect(pongs.unsolicited).toBe(0)
})

test('pongs of an earlier run answer nothing', async () => {
  const kept: Buffer[] = []
  await using server = await handling(({ answer, nth, sockets }) => {
    // The connections of the first run have the same numbers as those of the second, and so have their pings.
    if (nth < 2) kept.push(answer)
    sockets[nth]!.write(nth < 2 ? answer : Buffer.concat(kept))
  })
  const load = { connections: 2, inFlight: 10, pings: 20 }
  expect((await flood(server, load)).pings.answered).toBe(20)
  const { pings, pongs } = await flood(server, { ...load, timeout: 1_000 })
  expect(pings).toMatchObject({ sent: 20, answered: 0, timedOut: 20 })
  expect(pongs.unsolicited).toBe(20 * 20)
})

test('pongs of chance bytes answer nothing', async () => {
  await using server = await handling(({ nth, sockets }) => sockets[nth]!.write(pong(randomBytes(8))))
  const { pings, pongs } = await flood(server, { connections: 2, inFlight: 10, pings: 20, timeout: 1_000 })
  expect(pings).toMatchObject({ sent: 20, answered: 0, timedOut: 20 })
  expect(pongs.unsolicited).toBe(20)
})

test.each(['ping', { text: 'PING' }, json] as const)('pongs as heartbeats are no harm to %j', async (probe) => {
  await using server = await handling(({ answer, nth, sockets }) => {
    sockets[nth]!.write(Buffer.concat([pong(randomBytes(8)), answer, pong(Buffer.of())]))
  })
  const result = await flood(server, { connections: 3, pings: 60, probe })
  expect(result.pings).toMatchObject({ sent: 60, answered: 60, coalesced: 0 })
  expect(result.pongs.unsolicited).toBe(120)
  expect(result.errors).toEqual({})
  expect(evaluateSLO(result, { max: '< 4s', timedOut: '<= 0' }).verdict).toBe('pass')
})
