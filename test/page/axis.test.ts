import { expect, test } from 'vitest'
import { latencyAxis, linearAxis, logarithmicAxis } from '../../src/page/axis.ts'

test.for([
  [0, 10, [0, 2, 4, 6, 8, 10]],
  [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0, 27_500, [0, 5_000, 10_000, 15_000, 20_000, 25_000]],
  [0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]],
] as const)('ticks from %d to %d are round', ([low, high, ticks]) => {
  expect(linearAxis({ low, high, from: 0, to: 100 }).ticks).toEqual(ticks)
})

test.for([
  [0.09, 1.1, [0.1, 0.2, 0.5, 1]],
  [0.001, 10, [0.001, 0.01, 0.1, 1, 10]],
  [0.02, 0.04, [0.02]],
] as const)('logarithmic ticks from %d to %d are round', ([low, high, ticks]) => {
  const axis = logarithmicAxis({ low, high, from: 100, to: 0 })
  expect(axis.ticks).toEqual(ticks)
  expect(axis.at(low)).toBeCloseTo(100)
  expect(axis.at(high)).toBeCloseTo(0)
})

test('latencies far apart get a logarithmic axis, others one from zero', () => {
  expect(latencyAxis([1, 15, NaN], 100, 0)).toMatchObject({ isLogarithmic: false, low: 0 })
  expect(latencyAxis([0, 1, 30], 100, 0).isLogarithmic).toBe(true)
})

test('nothing measured has an axis', () => {
  expect(latencyAxis([NaN], 100, 0).ticks.length).toBeGreaterThan(1)
})
