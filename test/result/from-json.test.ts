import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { compareSideBySide } from '../../src/gate/compare.ts'
import { parseTolerance } from '../../src/gate/tolerance.ts'
import { buckets, kindsPerSlice } from '../../src/result/slices.ts'
import { encodeSlices } from '../../src/result/slices-codec.ts'
import { steady } from '../support/comparison.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult, repeated } from '../support/result.ts'

function reread(summary: LoadSummary): LoadSummary {
  return LoadSummary.fromJSON(JSON.parse(JSON.stringify(summary)))
}

describe('a summary that was read from a file', () => {
  const summary = new LoadSummary(
    loadResult([...repeated(900, 2), ...repeated(100, [5, 9] as const)], {
      duration: 1_000,
      pings: { timedOut: 3 },
      errors: { CLOSE_1011: { count: 1, samples: ['bye'] } },
      generator: {
        starvation: { waiting: 0.125, stopped: 0.5 },
        afterSilence: { timedOut: 1, lost: 0, dropped: 0, failed: 0, closedEarly: 0, failedReconnects: 0 },
      },
    }),
  )

  test('prints itself as before', () => {
    expect(String(reread(summary))).toBe(String(summary))
  })

  test('is written again as it was', () => {
    expect(JSON.stringify(reread(reread(summary)))).toBe(JSON.stringify(reread(summary)))
    expect(reread(summary).toJSON()).toEqual(summary.toJSON())
  })

  test('knows the brackets of its percentiles', () => {
    expect(reread(summary).latency.bounds(95)).toEqual(summary.latency.bounds(95))
  })

  test.each([{ p99: '< 20ms' }, { p50: '< 1ms' }, { 'handshake.p50': '< 1s' }, { throughput: '> 1/s' }] as const)(
    'is judged by %o as before',
    (slo) => {
      const [before, after] = [steady(2), reread(steady(2))].map((one) => evaluateSLO(one, slo).verdict)
      expect(after).toBe(before)
    },
  )

  test('has response times that are its service times in the closed model alone', () => {
    const again = reread(summary)
    expect(again.serviceTime).toBe(again.latency)
    const open = reread(new LoadSummary(loadResult(undefined, { options: { inFlight: undefined, rate: 4_000 } })))
    expect(open.serviceTime).not.toBe(open.latency)
  })

  test('can be compared', () => {
    const verdictOn = (base: LoadSummary, head: LoadSummary) => {
      return compareSideBySide(base, head, parseTolerance(), 0.99).verdict
    }
    expect(verdictOn(reread(steady(2)), reread(steady(3)))).toBe('slower')
    expect(verdictOn(reread(steady(2)), reread(steady(2)))).toBe('same')
  })

  test('has no numbers where nothing was measured', () => {
    const nothing = reread(new LoadSummary(loadResult([], { pings: { timedOut: 1 } })))
    expect(nothing.latency.p99).toBeNaN()
    expect(nothing.pings.timedOut).toBe(1)
  })

  test('is small', () => {
    expect(JSON.stringify(steady(2)).length).toBeLessThan(64_000)
  })
})

test('a file of the first schema is read, whatever came later', async () => {
  const json = JSON.parse(await readFile(new URL('schema-1.json', import.meta.url), 'utf8')) as object
  const summary = LoadSummary.fromJSON(json)
  expect(summary.pings).toMatchObject({ due: 1_500, answered: 1_500 })
  expect(summary.latency).toMatchObject({ count: 1_500, p50: 0.131839, p99: 12.746751 })
  expect(evaluateSLO(summary, ['p50 < 1s', 'max < 1us']).objectives).toMatchObject([
    { verdict: 'pass' },
    { verdict: 'fail' },
  ])
  expect(JSON.parse(JSON.stringify(summary))).toMatchObject(json)
})

test('a file whose error rate counted connections too is read with a rate of each', () => {
  const failing = loadResult(undefined, {
    pings: { lost: 1_000 },
    connections: { requested: 100, opened: 80, failed: 20 },
  })
  const { connectErrorRate: _, ...older } = { ...new LoadSummary(failing).toJSON(), errorRate: 1_020 / 21_100 }
  expect(LoadSummary.fromJSON(older)).toMatchObject({ errorRate: 1_000 / 21_000, connectErrorRate: 0.2 })
})

test('a file that does not tell of messages and pongs has no counts of them', async () => {
  const json = JSON.parse(await readFile(new URL('schema-1.json', import.meta.url), 'utf8')) as object
  const none = { received: NaN, unsolicited: NaN, surplus: NaN, afterLastAnswer: NaN }
  const summary = LoadSummary.fromJSON(json)
  expect(json).not.toHaveProperty('messages')
  expect(summary.messages).toEqual(none)
  expect(summary.pongs).toEqual({ unsolicited: NaN })
  expect(LoadSummary.fromJSON(JSON.parse(JSON.stringify(summary))).messages).toEqual(none)
  expect(String(summary)).not.toMatch(/Messages|Pongs/)
})

test('a file has the options that verdicts need, and no others that cannot be read', () => {
  const { options } = LoadSummary.fromJSON({ ...steady(2).toJSON(), options: { later: true, arrivals: 'bursts' } })
  expect(options).toMatchObject({ confidence: 0.99, timeout: 5_000, later: true })
  expect(options.arrivals).toBeUndefined()
})

test.each([1e7, 1e12, 1e300])('a file whose window lasted %d ms, as it says, is read in no time', (duration) => {
  const { slices } = LoadSummary.fromJSON({ ...steady(2).toJSON(), duration })
  expect(slices.count).toBeLessThanOrEqual(512)
})

/** A slice with a ping in the bucket behind the last one. */
function beyondTheLast(): string {
  const packed = { offsets: Uint32Array.of(0, 1), indexes: Uint16Array.of(buckets), counts: Uint32Array.of(1) }
  const none = new Float64Array(kindsPerSlice)
  return encodeSlices({ length: 1, pings: none, latency: packed, latencyFloor: packed, arrivals: new Float64Array() })
}

const fanOut = JSON.parse(JSON.stringify(new LoadSummary(fanOutResult({ missed: 20 })))) as {
  readonly fanOut: { readonly completion: object }
}
const allComplete = { due: 200, sent: 200, answered: 200, coalesced: 0, timedOut: 0, lost: 0, dropped: 0 }

test.each([
  [null, 'expected an object, got null'],
  [[], 'schemaVersion: missing'],
  [
    { base: steady(2).toJSON(), head: steady(2).toJSON() },
    'this is a comparison; LoadSummary.fromJSON reads its base and its head',
  ],
  [{ schemaVersion: 1, steps: [] }, 'this is a capacity; LoadCapacity.fromJSON reads it'],
  [{ ...steady(2).toJSON(), options: { confidence: 99 } }, 'options.confidence: expected <1, got 99'],
  [{ ...steady(2).toJSON(), schemaVersion: 2 }, 'schemaVersion: expected 1, got 2'],
  [{ ...steady(2).toJSON(), pings: { due: -1 } }, 'pings.due: expected >=0, got -1'],
  [
    { ...steady(2).toJSON(), pings: { ...steady(2).pings, due: 7 } },
    `pings.due: expected ${steady(2).pings.sent}, those sent and dropped, got 7`,
  ],
  [
    { ...steady(2).toJSON(), pings: { ...steady(2).pings, answered: 0 } },
    `pings.sent: expected 0, those answered, coalesced, timed out and lost, got ${steady(2).pings.sent}`,
  ],
  [
    { ...steady(2).toJSON(), pings: { ...steady(2).pings, due: 20_500, sent: 20_500, answered: 20_500 } },
    'latency.histogram: expected 20500 samples, those answered and coalesced, got 20000',
  ],
  [
    { ...fanOut, fanOut: { ...fanOut.fanOut, completion: { ...fanOut.fanOut.completion, pings: allComplete } } },
    'fanOut.completion.latency.histogram: expected 200 samples, those answered and coalesced, got 180',
  ],
  [{ ...steady(2).toJSON(), duration: -1 }, 'duration: expected >=0, got -1'],
  [{ ...steady(2).toJSON(), looks: { taken: 1, planned: 1e300 } }, 'looks.planned: expected'],
  [{ ...steady(2).toJSON(), options: { timeout: '5s' } }, 'options.timeout: expected number, got "5s"'],
  [{ ...steady(2).toJSON(), slices: 'AAAA' }, 'there is more than slices'],
  [{ ...steady(2).toJSON(), slices: beyondTheLast() }, 'a bucket is beyond the last one'],
  [{ ...steady(2).toJSON(), latency: { histogram: 'x', overRange: 0 } }, ''],
])('does not take %o for a summary', (json, reason) => {
  expect(() => LoadSummary.fromJSON(json)).toThrow(`LoadSummary.fromJSON: no summary of wsLoad(): ${reason}`)
})
