import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ProbeOption } from '../../src/options/probe.ts'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { flood } from '../support/flood.ts'
import { compare } from '../support/run.ts'
import {
  acknowledging,
  answering,
  broadcasting,
  delaying,
  echoing,
  losing,
  pulsing,
  ticking,
  welcoming,
  type WsServer,
} from '../support/servers.ts'

const text = { text: 'PING' }
const echoed = { text: 'PING', answer: { echo: true } } as const
const byId: ProbeOption = {
  request: (id) => JSON.stringify({ id }),
  reply: (message) => (message === 'heartbeat' ? undefined : (JSON.parse(String(message)) as { id?: number }).id),
}
/** So lenient that only a run that shows nothing falls short of it. */
const lenient = { p50: '< 4s', throughput: '> 1/s', errorRate: '< 50%' } as const

const pushing: [name: string, serve: () => Promise<WsServer>][] = [
  ['only pushes', () => ticking(5)],
  ['acknowledges at once and answers later', () => acknowledging(50)],
  ['sends heartbeats between its answers', () => pulsing({ every: 200, delay: 50 })],
  ['sends each message to everybody', () => broadcasting()],
]
const models: [name: string, load: WsLoadOptions][] = [
  ['a rate', { rate: 500, duration: 1_000 }],
  ['a closed model', { duration: 700 }],
]

describe('where order alone tells answers, a server', () => {
  describe.each(pushing)('that %s', (_, serve) => {
    test.each(models)('never passes at %s', async (__, load) => {
      await using server = await serve()
      const result = await flood(server, { connections: 10, probe: text, ...load })
      const { verdict, vacuous, reasons } = evaluateSLO(result, lenient)
      expect({ verdict, vacuous }).toEqual({ verdict: 'inconclusive', vacuous: true })
      expect(reasons.join()).toMatch(/[\d,]+ messages? came when no ping was unanswered.*match answers by id/)
    })
  })

  test('that pushes now and then is heard after the last answer', async () => {
    await using server = await ticking(300)
    const result = await flood(server, { connections: 2, probe: text, duration: 1_500 })
    expect(result.latency.p50).toBeGreaterThan(200)
    expect(result.messages.afterLastAnswer).toBeGreaterThan(0)
  })

  test.each(models)('that answers each message with one passes at %s', async (_, load) => {
    await using server = await echoing()
    const result = await flood(server, { connections: 10, probe: text, ...load })
    expect(result.messages).toEqual({ received: result.pings.sent, unsolicited: 0, surplus: 0, afterLastAnswer: 0 })
    expect(evaluateSLO(result, { max: '< 4s' }).verdict).toBe('pass')
  })

  test('that answers some messages too late sends nothing unasked', async () => {
    await using server = await delaying((n) => (n % 20 === 0 ? 150 : 0))
    const load = { connections: 4, rate: 200, duration: 1_000, timeout: 100, drain: 1_000 }
    const { pings, messages } = await flood(server, { probe: text, ...load })
    expect(pings.timedOut).toBeGreaterThan(0)
    expect(messages).toMatchObject({ unsolicited: 0, surplus: 0 })
  })

  test('that leaves messages unanswered sends nothing unasked', async () => {
    await using server = await losing({ every: 10 })
    const { pings, messages } = await flood(server, { connections: 2, pings: 40, probe: text, timeout: 100 })
    expect(pings.timedOut).toBeGreaterThanOrEqual(server.lost)
    expect(messages).toMatchObject({ unsolicited: 0, surplus: 0 })
  })

  test('that sends more than was asked for is known by the number', async () => {
    await using server = await welcoming(200)
    const { pings, messages } = await flood(server, { connections: 5, probe: text, duration: 600 })
    expect(messages).toMatchObject({ received: pings.sent + 5, unsolicited: 5 })
  })
})

describe('a greeting', () => {
  test('that comes before the flood answers nothing and is no harm', async () => {
    await using server = await welcoming(0)
    const result = await flood(server, { connections: 5, probe: text, rate: 300, warmup: 500, duration: 1_000 })
    expect(result.messages).toMatchObject({ unsolicited: 5, surplus: 0 })
    expect(evaluateSLO(result, { max: '< 4s' }).verdict).toBe('pass')
  })

  test('that comes into the measured window may have been taken for an answer', async () => {
    await using server = await welcoming(1_000)
    const result = await flood(server, { connections: 5, probe: text, warmup: 0, duration: 2_500 })
    expect(result.messages).toMatchObject({ unsolicited: 5, surplus: 5 })
    expect(evaluateSLO(result, { p50: '< 4s' }).verdict).toBe('inconclusive')
  })
})

describe('where an answer is recognised, a server', () => {
  test('that only pushes has answered nothing', async () => {
    await using server = await ticking(5)
    const result = await flood(server, { connections: 2, probe: echoed, timeout: 100 })
    expect(result.pings).toMatchObject({ answered: 0, timedOut: result.pings.sent })
    expect(result.messages.unsolicited).toBe(result.messages.received)
    expect(result.messages).toMatchObject({ surplus: 0 })
    expect(evaluateSLO(result, lenient)).toMatchObject({ verdict: 'inconclusive', vacuous: true })
  })

  test.each(models)('that acknowledges first is timed by its answer at %s', async (_, load) => {
    await using server = await acknowledging(50)
    const result = await flood(server, { connections: 5, probe: echoed, ...load })
    expect(result.latency.min).toBeGreaterThan(49.9)
    expect(result.messages).toMatchObject({ unsolicited: result.pings.sent, surplus: 0 })
    expect(evaluateSLO(result, { max: '< 4s' }).verdict).toBe('pass')
  })

  test('that sends heartbeats passes, timed by its answers', async () => {
    await using server = await pulsing({ every: 100, delay: 50 })
    const result = await flood(server, { connections: 10, probe: echoed, rate: 500, duration: 800 })
    expect(result.latency.min).toBeGreaterThan(49.9)
    expect(result.messages.unsolicited).toBeGreaterThan(0)
    expect(result.messages.surplus).toBe(0)
    expect(evaluateSLO(result, { max: '< 4s' }).verdict).toBe('pass')
  })

  test('that sends each answer to everybody never passes', async () => {
    await using server = await broadcasting()
    const result = await flood(server, { connections: 10, probe: echoed, rate: 500, duration: 1_000 })
    expect(result.messages.surplus).toBeGreaterThan(result.pings.sent)
    expect(evaluateSLO(result, lenient)).toMatchObject({ verdict: 'inconclusive', vacuous: true })
  })
})

describe('where answers are matched otherwise, a server', () => {
  test('that sends each answer to everybody passes, matched by id', async () => {
    await using server = await broadcasting()
    const result = await flood(server, { connections: 10, probe: byId, rate: 300, duration: 600 })
    expect(result.messages.unsolicited).toBeGreaterThan(7 * result.pings.sent)
    expect(result.messages.surplus).toBe(0)
    expect(evaluateSLO(result, { max: '< 4s' }).verdict).toBe('pass')
  })

  test('that answers late or twice was asked for it', async () => {
    await using server = await answering((message, send) => {
      const { id } = JSON.parse(String(message)) as { id: number }
      setTimeout(send, id % 10 === 0 ? 150 : 0, message)
      send('{"id":999999999}')
      send('no JSON')
      send(message)
    })
    const { pings, messages, errors } = await flood(server, { connections: 2, probe: byId, pings: 40, timeout: 100 })
    expect(pings).toMatchObject({ sent: 40, answered: 40 })
    expect(messages).toMatchObject({ unsolicited: 80, surplus: 0 })
    expect(errors).toMatchObject({ PROBE_REPLY_FAILED: { count: 40 } })
  })

  test('that sends heartbeats passes, matched by pongs', async () => {
    await using server = await pulsing({ every: 100, delay: 20 })
    const result = await flood(server, { connections: 10, rate: 300, duration: 800 })
    expect(result.messages.received).toBeGreaterThan(0)
    expect(result.messages).toMatchObject({ unsolicited: result.messages.received, surplus: 0 })
    expect(evaluateSLO(result, { max: '< 4s' }).verdict).toBe('pass')
  })

  test('is silent without messages', async () => {
    await using server = await echoing()
    const { messages } = await flood(server, { connections: 2, pings: 40 })
    expect(messages).toEqual({ received: 0, unsolicited: 0, surplus: 0, afterLastAnswer: 0 })
  })
})

test('a run that is aborted while it listens sends nothing', async () => {
  await using server = await ticking(5)
  const abort = new AbortController()
  const running = flood(server, { connections: 2, probe: text, duration: 60_000, signal: abort.signal })
  await expect.poll(() => server.connections(), { interval: 1 }).toBe(2)
  await sleep(20)
  abort.abort()
  const result = await running
  expect(result).toMatchObject({ ended: 'aborted', pings: { sent: 0 } })
  expect(server.messages).toBe(0)
})

test('a run until it is decided ends when it cannot pass any more', async () => {
  await using server = await ticking(5)
  const load = { connections: 10, probe: text, rate: 500, until: { p99: '< 4s' }, maxDuration: 60_000 }
  const result = await flood(server, load)
  expect(result).toMatchObject({ ended: 'decided', looks: { taken: 1 } })
  expect(evaluateSLO(result, { p99: '< 4s' })).toMatchObject({ verdict: 'inconclusive', vacuous: true })
})

test('a comparison with a server that pushes ends unclear', async () => {
  await using base = await echoing()
  await using head = await pulsing({ every: 50 })
  const { verdict, head: run } = await compare({
    base: { url: base.url },
    head: { url: head.url },
    probe: text,
    connections: 4,
    warmup: 0,
    maxDuration: '20s',
  })
  expect(verdict).toMatchObject({ verdict: 'unclear', doubtful: true })
  expect(verdict.reasons).toEqual([expect.stringMatching(/^head: [\d,]+ messages came when no ping was unanswered/)])
  expect(run.duration).toBeLessThan(8_000)
})
