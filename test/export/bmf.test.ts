import { expect, test } from 'vitest'
import { toBMF } from '../../src/export/bmf.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult, repeated } from '../support/result.ts'

type BMF = Record<string, Record<string, { value: number; lower_value?: number; upper_value?: number }>>

const read = (text: string): BMF => JSON.parse(text) as BMF

test('a run is a benchmark with a measure for each figure, in nanoseconds', () => {
  const { gateway } = read(toBMF('gateway', loadResult()))
  expect(gateway).toEqual({
    latency: { value: expect.closeTo(2e6, -4) },
    'latency-p90': { value: expect.closeTo(2e6, -4) },
    'latency-p99': { value: expect.closeTo(18e6, -5) },
    'latency-p99-9': { value: expect.closeTo(18e6, -5) },
    'latency-max': { value: expect.closeTo(18e6, -5) },
    'error-rate': { value: 0 },
    'connect-error-rate': { value: 0 },
    throughput: { value: 4_000 },
  })
})

test('what the generator could not see is a lower and an upper value', () => {
  const { blurred } = read(toBMF('blurred', loadResult(repeated(2_000, [10, 30] as const))))
  expect(blurred!['latency']).toEqual({
    value: expect.closeTo(30e6, -5),
    lower_value: expect.closeTo(10e6, -5),
    upper_value: expect.closeTo(30e6, -5),
  })
})

test('a percentile among pings without an answer is as slow as their timeout', () => {
  const { slow } = read(toBMF('slow', loadResult(repeated(900, 2), { pings: { timedOut: 100 } })))
  expect(slow!['latency']!.value).toBeCloseTo(2e6, -4)
  expect(slow!['latency-p99']).toEqual({ value: 5e9 })
  expect(slow!['error-rate']).toEqual({ value: 0.1 })
})

test('what nothing was measured of is left out', () => {
  const { nothing } = read(toBMF('nothing', loadResult([], { pings: { timedOut: 0 } })))
  expect(Object.keys(nothing!)).toEqual(['connect-error-rate', 'throughput'])
})

test('a fan-out has deliveries, completions and reach', () => {
  const { rooms } = read(toBMF('rooms', fanOutResult({ missed: 20, duplicates: 3 })))
  expect(rooms).toMatchObject({
    latency: { value: expect.closeTo(2e6, -4) },
    'completion-p50': { value: expect.closeTo(3e6, -4) },
    'completion-p99': { value: 5e9 },
    reach: { value: 0.999 },
    duplicates: { value: 3 },
  })
})

test('a rate has no upper end where a saturated generator has held it down', () => {
  const { held } = read(toBMF('held', loadResult(undefined, { generator: { saturated: true, reasons: ['late'] } })))
  expect(held!['throughput']).toEqual({ value: 4_000 })
})

test('a fan-out that published nothing has counted nothing', () => {
  const { nothing } = read(toBMF('nothing', fanOutResult({ messages: 0 })))
  expect(Object.keys(nothing!)).toEqual(['connect-error-rate', 'throughput'])
})
