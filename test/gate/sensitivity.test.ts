import { expect, test } from 'vitest'
import type { Change } from '../../src/gate/comparison.ts'
import { smallestRegression, smallestTolerance, timesAsLong } from '../../src/gate/sensitivity.ts'

function off(change: number, low: number, high: number): Change {
  return {
    indicator: 'p50',
    verdict: 'same',
    base: 1,
    head: 1 + change,
    change,
    low,
    high,
    allowed: 0.05,
    tolerance: 0.05,
    min: 0,
  }
}

test('the smallest regression that is found is the tolerance and half of the interval', () => {
  expect(smallestRegression(off(0, -0.02, 0.02))).toBeCloseTo(1.05 / 0.98 - 1, 9)
  expect(smallestRegression(off(0, -0.04, 0.02))).toBeCloseTo(1.05 / 0.96 - 1, 9)
})

test('what equal servers differed by has to be seen on top', () => {
  expect(smallestRegression(off(0.03, 0.03, 0.03))).toBeCloseTo(1.05 * 1.03 - 1, 9)
  expect(smallestRegression(off(-0.03, -0.03, -0.03))).toBeCloseTo(1.05 / 0.97 - 1, 9)
})

test('the smallest tolerance is what equal servers differed by, and half of the interval', () => {
  expect(smallestTolerance(off(0, -0.02, 0.02))).toBeCloseTo(0.02, 9)
  expect(smallestTolerance(off(0.03, 0.01, 0.05))).toBeCloseTo(0.05, 9)
  expect(smallestTolerance(off(-0.03, -0.05, -0.01))).toBeCloseTo(0.99 / 0.97 / 0.97 - 1, 9)
  expect(smallestTolerance(off(0, -1, Infinity))).toBe(Infinity)
})

test('an interval of twice what it may have takes four times as long, and what they were off by stays', () => {
  expect(timesAsLong(off(0, -0.1, 1.05 ** 2 - 1))).toBeCloseTo(4, 9)
  expect(timesAsLong(off(0, -0.1, 1.05 ** 0.5 - 1))).toBeCloseTo(0.25, 9)
  expect(timesAsLong(off(1.05 ** 0.5 - 1, 0, 1.05 ** 1.5 - 1))).toBeCloseTo(4, 9)
  expect(timesAsLong(off(0.06, 0, 0.1))).toBe(Infinity)
  expect(timesAsLong(off(0, -1, Infinity))).toBe(Infinity)
})

test('without an interval nothing can be found', () => {
  expect(smallestRegression(off(0, -1, Infinity))).toBe(Infinity)
  expect(smallestRegression(off(NaN, NaN, NaN))).toBe(Infinity)
})
