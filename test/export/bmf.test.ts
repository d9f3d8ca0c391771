import { expect, test } from 'vitest'
import { toBMF } from '../../src/export/bmf.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult, repeated } from '../support/result.ts'

type BMF = Record<string, Record<string, { value: number; lower_value?: number; upper_value?: number }>>

const read = (text: string): BMF => JSON.parse(text) as BMF

test('a run is a benchmark with a measure for each figure, in nanoseconds', () => {
  const { gateway } = read(toBMF([{ name: 'gateway', result: loadResult() }]))
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

test.each([2_100, Infinity])('a capacity of which nothing was kept is left out, whatever was missed: %d', (high) => {
  const capacity = { over: 'rate', low: 0, high } as const
  const { search } = read(toBMF([{ name: 'search', result: loadResult(), capacity }]))
  expect(search).not.toHaveProperty('capacity')
  expect(search).toHaveProperty('throughput')
})

test('what the generator could not see is a lower and an upper value', () => {
  const { blurred } = read(toBMF([{ name: 'blurred', result: loadResult(repeated(2_000, [10, 30] as const)) }]))
  expect(blurred!['latency']).toEqual({
    value: expect.closeTo(30e6, -5),
    lower_value: expect.closeTo(10e6, -5),
    upper_value: expect.closeTo(30e6, -5),
  })
})

test('a percentile among pings without an answer is as slow as their timeout', () => {
  const { slow } = read(toBMF([{ name: 'slow', result: loadResult(repeated(900, 2), { pings: { timedOut: 100 } }) }]))
  expect(slow!['latency']!.value).toBeCloseTo(2e6, -4)
  expect(slow!['latency-p99']).toEqual({ value: 5e9 })
  expect(slow!['error-rate']).toEqual({ value: 0.1 })
})

test('what nothing was measured of is left out', () => {
  const { nothing } = read(toBMF([{ name: 'nothing', result: loadResult([], { pings: { timedOut: 0 } }) }]))
  expect(Object.keys(nothing!)).toEqual(['connect-error-rate', 'throughput'])
})

test('a fan-out has deliveries, completions and reach', () => {
  const { rooms } = read(toBMF([{ name: 'rooms', result: fanOutResult({ missed: 20, duplicates: 3 }) }]))
  expect(rooms).toMatchObject({
    latency: { value: expect.closeTo(2e6, -4) },
    'completion-p50': { value: expect.closeTo(3e6, -4) },
    'completion-p99': { value: 5e9 },
    reach: { value: 0.999 },
    duplicates: { value: 3 },
  })
})

test('a rate has no upper end where a saturated generator has held it down', () => {
  const { held } = read(
    toBMF([{ name: 'held', result: loadResult(undefined, { generator: { saturated: true, reasons: ['late'] } }) }]),
  )
  expect(held!['throughput']).toEqual({ value: 4_000 })
})

test('a fan-out that published nothing has counted nothing', () => {
  const { nothing } = read(toBMF([{ name: 'nothing', result: fanOutResult({ messages: 0 }) }]))
  expect(Object.keys(nothing!)).toEqual(['connect-error-rate', 'throughput'])
})

test('several runs are a benchmark each, and a capacity is a figure of its own', () => {
  const capacity = { over: 'rate', low: 1_900, high: 2_100 } as const
  const runs = [
    { name: 'gateway', result: loadResult() },
    { name: 'search', result: loadResult(), capacity },
  ]
  const benchmarks = read(toBMF(runs))
  expect(Object.keys(benchmarks)).toEqual(['gateway', 'search'])
  expect(benchmarks['gateway']).not.toHaveProperty('capacity')
  expect(benchmarks['search']).toMatchObject({
    capacity: { value: 1_900, lower_value: 1_900, upper_value: 2_100 },
    throughput: { value: 4_000 },
  })
})
