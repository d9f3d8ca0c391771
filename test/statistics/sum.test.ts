import { expect, test } from 'vitest'
import { sum, sumEach } from '../../src/statistics/sum.ts'

test('adds up values, and none to 0', () => {
  expect(sum([1, 2, 3.5])).toBe(6.5)
  expect(sum(new Float64Array(0))).toBe(0)
})

test('adds up series value by value', () => {
  expect(sumEach(Float64Array.of(1, 2), Float64Array.of(10, 20), Float64Array.of(100, 200))).toEqual(
    Float64Array.of(111, 222),
  )
})
