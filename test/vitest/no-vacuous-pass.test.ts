import { stripVTControlCharacters } from 'node:util'
import { describe, test, vi } from 'vitest'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { expect } from '../../src/vitest/matchers.ts'
import { flood, floodAt } from '../support/flood.ts'
import { loadResult, repeated } from '../support/result.ts'
import {
  answering,
  closing,
  coalescing,
  dead,
  deaf,
  echoing,
  limited,
  refusing,
  silent,
  ticking,
} from '../support/servers.ts'

/** What every run meets that did what was asked of it. */
const lenient: SLO = {
  max: '< 1h',
  errorRate: '< 99.9%',
  lost: '<= 1000000',
  timedOut: '<= 1000000',
  dropped: '<= 1000000',
}

/** What a test with this run says, also where a lack of evidence is let pass: nothing if it is green. */
function saidOf(result: LoadResult, slo: SLO = lenient): string[] {
  const summary = new LoadSummary(result)
  return [{}, { inconclusive: 'warn' } as const].map((judgement) => {
    try {
      expect(summary).toMeetSLO(slo, judgement)
      return ''
    } catch (error) {
      return stripVTControlCharacters((error as Error).message)
    }
  })
}

const red = repeated(2, expect.stringMatching(/^SLO (missed|inconclusive)/m) as string)

test('a healthy server is green', async () => {
  await using server = await echoing()
  const result = await flood(server, { connections: 4, duration: 500 })
  expect(new LoadSummary(result)).toMeetSLO(lenient)
})

describe('nothing is green in which', () => {
  test('no connection opens', async () => {
    await using port = await dead()
    expect(saidOf(await floodAt(port.url, { duration: 100 }))).toEqual(red)
  })

  test('every connection is refused by the server', async () => {
    await using server = await refusing(401)
    expect(saidOf(await floodAt(server.url, { duration: 100 }))).toEqual(red)
  })

  test('fewer connections open than were asked for', async () => {
    await using server = await limited(3)
    expect(saidOf(await floodAt(server.url, { connections: 5 }))).toEqual(red)
  })

  test('connections end before the run does', async () => {
    await using server = await closing({ after: { answers: 3 } })
    expect(saidOf(await floodAt(server.url, { connections: 3 }))).toEqual(red)
  })

  test('nothing is answered', async () => {
    await using server = await silent()
    expect(saidOf(await floodAt(server.url, { timeout: 50 }))).toEqual(red)
  })

  test('nothing is read', async () => {
    await using server = await deaf()
    expect(saidOf(await floodAt(server.url, { connections: 2, rate: 2_000, timeout: 50 }))).toEqual(red)
  })

  test('something else is answered than what was asked', async () => {
    await using server = await answering((_, send) => send('0'))
    const probe = {
      request: (id: number) => String(id + 1),
      reply: (message: unknown) => Number.parseInt(String(message), 10),
    }
    expect(saidOf(await floodAt(server.url, { probe, timeout: 50 }))).toEqual(red)
  })

  test('messages came that answered nothing, and may have been taken for answers', async () => {
    await using server = await ticking(5)
    const load = { connections: 4, duration: 500, probe: { text: 'PING' } }
    expect(saidOf(await flood(server, load))).toEqual(red)
    expect(saidOf(await flood(server, load), { 'handshake.max': '< 1h' })).toEqual(red)
  })

  test('only the newest ping is answered, and that too late', async () => {
    await using server = await coalescing(1_000)
    expect(saidOf(await floodAt(server.url, { inFlight: 60, connections: 1, timeout: 60 }))).toEqual(red)
  })

  test('the run was aborted, in its warm-up or later', async () => {
    await using server = await echoing()
    expect(saidOf(await floodAt(server.url, { warmup: 10_000, signal: AbortSignal.timeout(300) }))).toEqual(red)
    expect(saidOf(await floodAt(server.url, { duration: 10_000, signal: AbortSignal.timeout(400) }))).toEqual(red)
  })

  test('a stretch is longer than the run', async () => {
    await using server = await echoing()
    expect(saidOf(await flood(server), { p50: '< 1h over any 1s' })).toEqual(red)
  })

  test('an indicator has no value', () => {
    for (const name of ['throughput', 'offeredRate', 'errorRate', 'connectErrorRate'] as const) {
      expect(
        saidOf(loadResult(undefined, { [name]: NaN }), { [name]: name.endsWith('rrorRate') ? '< 99%' : '> 0' }),
      ).toEqual(red)
    }
  })
})

describe('green needs evidence:', () => {
  test('one ping is none for a percentile', async () => {
    await using server = await echoing()
    const result = await flood(server, { connections: 1, pings: 1 })
    expect(evaluateSLO(result, { p50: '< 1h' })).toMatchObject({ verdict: 'inconclusive' })
  })

  test('a hundred are too few for p99.9, a run of a tenth of a second for a rate', async () => {
    await using server = await echoing()
    const result = await flood(server, { connections: 1, rate: 1_000, duration: 100 })
    expect(evaluateSLO(result, { 'p99.9': '< 1h' })).toMatchObject({ verdict: 'inconclusive' })
    expect(evaluateSLO(result, { throughput: '> 1/s' })).toMatchObject({ verdict: 'inconclusive' })
  })

  test('the upper ends of a saturated generator have to meet the limit', () => {
    const generator = { saturated: true, reasons: ['it was busy'] }
    const result = loadResult(repeated(20_000, [1, 30] as const), { generator })
    expect(evaluateSLO(result, { p99: '< 20ms' })).toMatchObject({ verdict: 'inconclusive' })
  })
})

describe('an assertion without sense throws:', () => {
  test.for([{}, { p99: { warn: '< 1h' } }, { q99: '< 1h' }, [], ''])('the SLO %j', (slo) => {
    const summary = new LoadSummary(loadResult())
    expect(() => expect(summary).toMeetSLO(slo as SLO)).toThrow(
      expect.objectContaining({ code: 'WSLOAD_ERR_INVALID_SLO' }),
    )
  })

  test('a promise, nothing, a plain copy', () => {
    for (const received of [Promise.resolve(loadResult()), undefined, null, { ...loadResult() }, {}]) {
      expect(() => expect(received).toMeetSLO(lenient)).toThrow(
        expect.objectContaining({ code: 'WSLOAD_ERR_NOT_A_SUMMARY' }),
      )
    }
  })

  test('a run whose load thread crashed', async () => {
    await using server = await echoing()
    const probe = { module: new URL('../support/crashing-probe.ts', import.meta.url) }
    await expect(floodAt(server.url, { probe })).rejects.toMatchObject({ code: 'WSLOAD_ERR_THREAD_CRASHED' })
  })
})

test('a clock that jumps does not reach the measurement', async () => {
  await using server = await echoing()
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  try {
    vi.setSystemTime('2001-01-01')
    const running = floodAt(server.url, { connections: 2, duration: 300 })
    vi.setSystemTime('2077-01-01')
    const result = await running
    expect(result.duration).toBeCloseTo(300, -1)
    expect(result.latency.max).toBeLessThan(60_000)
  } finally {
    vi.useRealTimers()
  }
})
