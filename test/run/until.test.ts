import { describe, expect, test, vi } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { parseOptions } from '../../src/options/options.ts'
import { planThreads } from '../../src/run/plan.ts'
import { atLookOrEnd } from '../../src/run/run.ts'
import { run } from '../support/run.ts'
import type { Snapshot } from '../../src/generator/flood-report.ts'
import { LoadThreads } from '../../src/run/threads.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { parseSLO, type SLO } from '../../src/slo/objective.ts'
import { Slices } from '../../src/result/slices.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { queueing } from '../support/queueing.ts'
import { latencyOverTime } from '../support/latency-over-time.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'
import { expectBalanced, flood, floodAt } from '../support/flood.ts'
import { answering, closing, dead, delaying, echoing, limited, silent } from '../support/servers.ts'

/** Far beyond what an undelayed echo takes, and far below what a run of `long` takes. */
const easy = { max: '< 2s' } as const
const hard = { p50: '< 5ms' } as const
const long = 600_000

describe('a run ends when it is decided', () => {
  test.for<WsLoadOptions>([
    {},
    { rate: 500 },
    { connections: 8, threads: 2 },
    { rate: 500, connections: 8, threads: 2 },
  ])('that the target meets the SLO: %o', async (options) => {
    await using server = await echoing()
    const result = await flood(server, { until: easy, maxDuration: long, ...options })
    expect(result.ended).toBe('decided')
    expect(result.looks.taken).toBeLessThan(result.looks.planned / 2)
    expect(result.duration).toBeGreaterThan(999)
    expect(result.duration).toBeLessThan(long / 10)
    expect(result.pings.answered).toBe(result.pings.due)
    expect(evaluateSLO(result, easy).verdict).toBe('pass')
  })

  test('that the target misses the SLO', async () => {
    await using server = await delaying(30)
    const result = await flood(server, { until: hard, maxDuration: long })
    expect(result.ended).toBe('decided')
    expect(result.duration).toBeLessThan(long / 10)
    expect(evaluateSLO(result, hard).verdict).toBe('fail')
  })

  test('but not while what is lost may be under way', async () => {
    let received = 0
    await using server = await answering((message, send) => {
      // At 5,000 a second, from 600 ms to 1 s.
      if (++received <= 3_000 || received > 5_000) send(message)
    })
    const slo = { p50: '< 1s', errorRate: '< 30%' }
    const probe = { request: (id: number) => `${id}`, reply: (answer: unknown) => Number(String(answer)) }
    const options = { rate: 5_000, connections: 4, timeout: 3_000, warmup: 0, probe, until: slo, maxDuration: 4_000 }
    const result = await flood(server, options)
    expect(result.pings.timedOut + result.pings.lost).toBeGreaterThan(1_000)
  })

  test('but not by what is under way, where the bound is one of a mean', async () => {
    let nth = 0
    await using server = await answering((message, send) => {
      if (nth++ % 10 === 0) setTimeout(() => send(message), 500)
      else send(message)
    })
    const slo = { mean: '< 60ms' }
    const probe = { request: (id: number) => `${id}`, reply: (answer: unknown) => Number(String(answer)) }
    const options = { rate: 1_000, connections: 4, timeout: 3_000, warmup: 0, probe, until: slo, maxDuration: 6_000 }
    const result = await flood(server, options)
    expect([result.ended, evaluateSLO(result, slo).verdict]).not.toEqual(['decided', 'inconclusive'])
  })

  test('but not by an SLO that is met while the target falls behind', async () => {
    await using server = await queueing({ service: 0.1 })
    const slo = { p50: '< 5s' }
    const options = { url: server.url, rate: 13_000, connections: 40, until: slo, maxDuration: 4_000 } as const
    const result = await run({ ...options, warmup: 0 })
    expect(result.ended).toBe('completed')
    expect(result.latency.max).toBeLessThan(5_000)
    expect(evaluateSLO(result, slo)).toMatchObject({
      verdict: 'inconclusive',
      reasons: expect.arrayContaining([expect.stringMatching(/^response times grow by [\d.]+ ms each second/)]),
    })
  })

  test('while it warms up: after a second of the measured window', async () => {
    await using server = await echoing()
    const { duration, looks } = await flood(server, { until: easy, maxDuration: long, warmup: 500 })
    expect(looks.taken).toBeLessThan(looks.planned)
    expect(duration).toBeGreaterThan(999)
  })

  test('at a look that comes later than it was planned, of which Node has nothing to say', async () => {
    await using server = await echoing()
    const warnings: Error[] = []
    const listen = (warning: Error): number => warnings.push(warning)
    process.on('warning', listen)
    const running = flood(server, { until: easy, maxDuration: long, confidence: 0.99999, warmup: 500 })
    await expect.poll(() => server.pings).toBeGreaterThan(0)
    for (const end = performance.now() + 2_500; performance.now() < end;);
    expect((await running).ended).toBe('decided')
    process.off('warning', listen)
    expect(warnings).toEqual([])
  })

  test('under fake timers too', async () => {
    await using server = await echoing()
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance', 'hrtime'] })
    const result = await run({ url: server.url, warmup: 0, until: easy, maxDuration: long })
    vi.useRealTimers()
    expect(result.ended).toBe('decided')
  })
})

describe('what comes in after the look that decided a run', () => {
  const slo = { p99: '< 20ms' } as const
  const objectives = parseSLO(slo)
  const atLook = loadResult(repeated(20_000, 2))

  test('does not undo a pass for want of evidence', () => {
    const atEnd = loadResult(repeated(200, 2), { intervals: [] })
    expect(evaluateSLO(atEnd, slo).verdict).toBe('inconclusive')
    const settled = atLookOrEnd(atEnd, atLook, objectives)
    expect(evaluateSLO(settled, slo).verdict).toBe('pass')
    expect(settled.pings).toEqual(atLook.pings)
    expect(settled.intervals).toBe(atEnd.intervals)
  })

  test('does not undo it where it misses what only warns', () => {
    const atEnd = loadResult(repeated(200, 2), { intervals: [] })
    const settled = atLookOrEnd(atEnd, atLook, parseSLO({ p99: { warn: '< 1ms', fail: '< 20ms' } }))
    expect(evaluateSLO(settled, slo).verdict).toBe('pass')
  })

  test('undoes it where it shows that the target falls behind', () => {
    const bound = { max: '< 500ms' }
    const steady = latencyOverTime(() => 5, { duration: 4_000 })
    const behind = latencyOverTime((at) => 5 + 0.046 * at, { duration: 4_000 })
    expect([steady, behind].map((one) => evaluateSLO(one, bound).verdict)).toEqual(['pass', 'inconclusive'])
    expect(atLookOrEnd(behind, steady, parseSLO(bound))).toBe(behind)
  })

  test('is not that of a look where messages that nobody has yet would count', () => {
    const [look, atEnd] = [fanOutResult(), fanOutResult({ messages: 2 })]
    expect(atLookOrEnd(atEnd, look, parseSLO({ 'first.p90': '< 20ms' }))).toBe(atEnd)
  })

  test('is in the intervals of a fan-out, of which the look has none', () => {
    const second = { start: 0, duration: 1_000, sent: 9, answered: 9, timedOut: 0, lost: 0, dropped: 0, throughput: 9 }
    const intervals = [{ ...second, p50: 2, p99: 2, max: 2 }]
    const look = fanOutResult()
    const { fanOut, ...end } = fanOutResult({ messages: 2 })
    const { first, completion } = fanOut
    const atEnd = {
      ...end,
      fanOut: { ...fanOut, first: { ...first, intervals }, completion: { ...completion, intervals } },
    }
    const settled = atLookOrEnd(atEnd, look, parseSLO({ 'completion.p90': '< 20ms' }))
    expect(settled.pings).toBe(look.pings)
    expect(settled.fanOut!.completion.pings).toBe(look.fanOut.completion.pings)
    expect([settled.fanOut!.first.intervals, settled.fanOut!.completion.intervals]).toEqual([intervals, intervals])
  })

  test('undoes it where it misses the SLO, surely or not', () => {
    for (const slow of [10, 400]) {
      const atEnd = loadResult([...repeated(200, 2), ...repeated(slow, 30)])
      expect(evaluateSLO(atEnd, slo).verdict).not.toBe('pass')
      expect(atLookOrEnd(atEnd, atLook, objectives)).toBe(atEnd)
    }
  })
})

describe('what comes in after the look that found a miss', () => {
  const slo = { p99: '< 20ms' } as const
  const objectives = parseSLO(slo)
  const atLook = loadResult(repeated(20_000, 30))

  test('does not undo it for want of evidence', () => {
    const atEnd = loadResult([...repeated(197, 2), ...repeated(3, 30)], { intervals: [] })
    expect(evaluateSLO(atEnd, slo).verdict).toBe('inconclusive')
    const settled = atLookOrEnd(atEnd, atLook, objectives)
    expect(evaluateSLO(settled, slo).verdict).toBe('fail')
    expect(settled.intervals).toBe(atEnd.intervals)
  })

  test('undoes it where that may be met after all', () => {
    const atEnd = loadResult(repeated(20, 2))
    expect(evaluateSLO(atEnd, slo).verdict).toBe('inconclusive')
    expect(atLookOrEnd(atEnd, atLook, objectives)).toBe(atEnd)
  })
})

test.each([
  ['messages that answer nothing', { messages: { surplus: 3 } }],
  ['an abort', { ended: 'aborted' }],
] as const)('%s after the look that decided a run leaves nothing decided', (_, late) => {
  const objectives = parseSLO({ p99: '< 20ms' })
  for (const latency of [2, 30]) {
    const atLook = loadResult(repeated(20_000, latency))
    const atEnd = loadResult(repeated(20_000, latency), late)
    expect(evaluateSLO(atEnd, { p99: '< 20ms' })).toMatchObject({ verdict: 'inconclusive', vacuous: true })
    expect(atLookOrEnd(atEnd, atLook, objectives)).toBe(atEnd)
  }
})

describe('a generator that the look itself has saturated', () => {
  const generator = {
    saturated: true,
    reasons: ['pings left up to 16 ms late (p99): take a lower rate or more threads'],
  }
  const atLook = loadResult()
  const atEnd = loadResult(undefined, { generator })
  const verdict = (slo: SLO) => evaluateSLO(atLookOrEnd(atEnd, atLook, parseSLO(slo)), slo).verdict

  test('does not undo that the SLO was missed by then', () => {
    const missed = { throughput: '> 5k/s' } as const
    expect(evaluateSLO(atEnd, missed).verdict).toBe('inconclusive')
    expect(verdict(missed)).toBe('fail')
  })

  test('does not blame a server that met it by then for what came after', () => {
    const late = loadResult(repeated(20_000, 60), { generator, serviceTime: latencies(repeated(20_000, 4)).both })
    const slo = { max: '< 20ms' } as const
    expect(evaluateSLO(atLookOrEnd(late, atLook, parseSLO(slo)), slo).verdict).toBe('inconclusive')
  })

  test('is what it was where it was saturated at the look, or not at the end', () => {
    const objectives = parseSLO({ throughput: '> 5k/s' })
    expect(atLookOrEnd(atEnd, atEnd, objectives)).toBe(atEnd)
    expect(atLookOrEnd(atLook, atEnd, objectives)).toBe(atLook)
  })
})

describe('a run that cannot be passed any more ends', () => {
  test('at once when every connection is refused', async () => {
    await using port = await dead()
    const { ended, looks, duration } = await floodAt(port.url, { until: easy, maxDuration: long, warmup: long })
    expect(ended).toBe('disconnected')
    expect(looks.taken).toBe(1)
    expect(duration).toBe(0)
  })

  test('when every connection is gone', async () => {
    await using server = await closing({ after: { answers: 2 }, code: 1_001 })
    const { ended, looks } = await flood(server, { until: easy, maxDuration: long })
    expect(ended).toBe('disconnected')
    expect(looks.taken).toBe(1)
  })

  test('at the first look when connections are missing', async () => {
    await using server = await limited(2)
    const result = await flood(server, { connections: 4, until: easy, maxDuration: long })
    expect(result.ended).toBe('decided')
    expect(result.looks.taken).toBe(1)
    expect(evaluateSLO(result, easy).verdict).toBe('fail')
  })
})

describe('a run that stays undecided', () => {
  test('ends after the longest duration, at the last look', async () => {
    await using server = await silent()
    const result = await flood(server, { until: easy, maxDuration: '1.6s', timeout: long, drain: 0 })
    expect(result.ended).toBe('completed')
    expect(result.looks).toEqual({ taken: 2, planned: 2 })
    expect(result.duration).toBeCloseTo(1_600, 3)
  })

  test('can be aborted between two looks', async () => {
    await using server = await silent()
    const abort = new AbortController()
    const looking = setInterval(() => server.pings > 0 && abort.abort(), 5)
    const until = { until: easy, maxDuration: long, timeout: long }
    const { ended, pings, looks } = await flood(server, { ...until, connections: 3, signal: abort.signal })
    clearInterval(looking)
    expect(ended).toBe('aborted')
    expect(pings).toMatchObject({ sent: 3, lost: 3 })
    expect(looks.taken).toBe(1)
  })

  test('ends with the crash of a thread', async () => {
    await using server = await echoing()
    const probe = { module: new URL('../support/crashing-probe.ts', import.meta.url) }
    const crashed = run({ url: server.url, warmup: 0, connections: 2, probe, until: easy, maxDuration: long })
    await expect(crashed).rejects.toMatchObject({ code: 'WSLOAD_ERR_THREAD_CRASHED' })
  })
})

test('a run without until is looked at once, at its end', async () => {
  await using server = await echoing()
  const { looks } = await flood(server, { duration: 50 })
  expect(looks).toEqual({ taken: 1, planned: 1 })
})

describe('the open model', () => {
  test.for(['constant', 'poisson'] as const)(
    'loses no %s ping that was due when the run was decided',
    async (arrivals) => {
      await using server = await delaying(20)
      const options = { rate: 2_000, arrivals, seed: 1, connections: 10, threads: 2, until: easy, maxDuration: long }
      const { pings, duration } = await flood(server, options)
      expect(pings).toMatchObject({ dropped: 0, lost: 0, timedOut: 0, answered: pings.due })
      // The windows of the two threads do not end at the very same instant; of one that is not counted half would be missing.
      expect(Math.abs(pings.due / duration - 2)).toBeLessThan(0.5)
    },
  )
})

describe('a snapshot', () => {
  async function started(url: string, options: WsLoadOptions): Promise<AsyncDisposable & { threads: LoadThreads }> {
    const threads = new LoadThreads([planThreads(parseOptions({ warmup: 0, duration: long, ...options }), url)])
    await threads.connected()
    threads.start()
    return { threads, [Symbol.asyncDispose]: () => threads.terminate() }
  }

  function expectSettled({ recording, slices, duration }: Snapshot): void {
    const { sent, answered, coalesced, timedOut, lost } = recording.pings
    expect(sent).toBe(answered + coalesced + timedOut + lost)
    const whole = Slices.of([slices], duration)
    for (const kind of ['sent', 'answered', 'coalesced', 'timedOut', 'lost', 'dropped'] as const) {
      expect(whole.pings(kind).reduce((sum, count) => sum + count, 0)).toBe(recording.pings[kind])
    }
  }

  test.for<WsLoadOptions>([
    { connections: 6, inFlight: 4, threads: 2 },
    { connections: 6, rate: 3_000, threads: 2 },
    { connections: 6, rate: 3_000, probe: { text: 'PING' } },
  ])('balances the totals of %o and goes on', async (options) => {
    await using server = await delaying((n) => n % 60)
    await using run = await started(server.url, options)
    await expect.poll(() => server.pings + server.messages).toBeGreaterThan(300)
    const first = (await run.threads.snapshot(20))[0]!
    await expect.poll(() => server.pings + server.messages).toBeGreaterThan(600)
    let second = first
    await expect
      .poll(async () => {
        second = (await run.threads.snapshot(Infinity))[0]!
        return second.every(({ recording }, nth) => recording.pings.answered > first[nth]!.recording.pings.answered)
      })
      .toBe(true)
    for (const snapshot of [...first, ...second]) expectSettled(snapshot)
    expect(second.reduce((sum, { recording }) => sum + recording.pings.lost, 0)).toBe(0)
    expect(second.reduce((sum, { underway }) => sum + underway, 0)).toBeGreaterThan(0)
    for (const [nth, { duration }] of second.entries()) expect(duration).toBeGreaterThan(first[nth]!.duration)
  })

  test('counts pings as lost that have waited longer than every limit, and leaves out the others', async () => {
    await using server = await silent()
    await using run = await started(server.url, { connections: 3, inFlight: 2, threads: 1, timeout: long })
    await expect.poll(() => server.pings).toBe(6)
    const [[patient] = []] = await run.threads.snapshot(long)
    expect(patient).toMatchObject({ underway: 6, recording: { pings: { sent: 0, lost: 0 } } })
    await expect
      .poll(async () => (await run.threads.snapshot(10))[0]![0])
      .toMatchObject({ underway: 0, recording: { pings: { sent: 6, lost: 6 } } })
  })

  test('counts pings as dropped that have waited to be sent for longer than every limit, and leaves out the others', async () => {
    await using server = await silent()
    await using run = await started(server.url, { connections: 1, rate: 1_000, threads: 1, timeout: long })
    await expect.poll(() => server.pings).toBe(60)
    const [[patient] = []] = await run.threads.snapshot(long)
    expect(patient).toMatchObject({ underway: 60, recording: { pings: { sent: 0, dropped: 0 } } })
    expectSettled(patient!)
    await expect.poll(async () => (await run.threads.snapshot(10))[0]![0]!.recording.pings.dropped).toBeGreaterThan(10)
    const [[impatient] = []] = await run.threads.snapshot(0)
    expect(impatient).toMatchObject({ underway: 0, recording: { pings: { sent: 60, lost: 60 } } })
    expectSettled(impatient!)
  })

  test('takes the report of a thread that has ended', async () => {
    await using server = await silent()
    await using run = await started(server.url, { connections: 4, threads: 2, timeout: long })
    await expect.poll(() => server.pings).toBe(4)
    run.threads.abort()
    const [[one, other] = []] = await run.threads.snapshot(long)
    for (const snapshot of [one!, other!]) expectSettled(snapshot)
    const reports = (await run.threads.done())[0]!
    const late = (await run.threads.snapshot(long))[0]!
    expect(late).toEqual(reports.map((report) => ({ ...report, underway: 0 })))
    expect(late.map(({ ending }) => ending)).toEqual(['aborted', 'aborted'])
  })
})

test('an order to finish after the end changes nothing', async () => {
  await using server = await echoing()
  const threads = new LoadThreads([planThreads(parseOptions({ warmup: 0, pings: 20, threads: 1 }), server.url)])
  await threads.connected()
  threads.start()
  const [[report] = []] = await threads.done()
  threads.finish()
  expect(report!.ending).toBe('completed')
  await threads.terminate()
})

test('the result of a decided run says how it was asked for', async () => {
  await using server = await echoing()
  const result = await run({ url: server.url, warmup: 0, until: easy, maxDuration: '20s', confidence: 0.9 })
  expectBalanced(result)
  expect(result.options).toMatchObject({ until: easy, maxDuration: 20_000, confidence: 0.9 })
  expect(result.options).not.toHaveProperty('duration')
})
