import { describe, expect, test } from 'vitest'
import { dependenceOf, independent, larger, ratioSpread } from '../../src/statistics/dependence.ts'
import { normal, uniform } from '../../bench/control/random.ts'

const tail = 0.005

function series(length: number, value: (nth: number) => number): Float64Array {
  return Float64Array.from({ length }, (_, nth) => value(nth))
}

describe('the design effect', () => {
  test('of independent pings is little above 1', () => {
    const random = uniform(1)
    const hits = series(512, () => Array.from({ length: 100 }).filter(() => random() < 0.01).length)
    const { designEffect, resolved } = dependenceOf(hits, new Float64Array(512).fill(100), tail)
    expect(designEffect).toBeGreaterThanOrEqual(1)
    expect(designEffect).toBeLessThan(2)
    expect(resolved).toBe(true)
  })

  test.for([10, 50])('of pings that are slow %d at a time is at least that', (clump) => {
    const random = uniform(2)
    const hits = series(512, () => (random() < 0.1 ? clump : 0))
    const { designEffect } = dependenceOf(hits, new Float64Array(512).fill(100), tail)
    expect(designEffect).toBeGreaterThan(0.9 * clump)
    expect(designEffect).toBeLessThan(3 * clump)
  })

  test('of a run that slowly gets worse is large, and not resolved', () => {
    const hits = series(512, (nth) => Math.round(nth / 25))
    const { designEffect, resolved } = dependenceOf(hits, new Float64Array(512).fill(100), tail)
    expect(designEffect).toBeGreaterThan(100)
    expect(resolved).toBe(false)
  })

  test.for([0, 100])('is 1 where %d of 100 are slow in every slice', (slow) => {
    const hits = new Float64Array(64).fill(slow)
    expect(dependenceOf(hits, new Float64Array(64).fill(100), tail)).toEqual({
      designEffect: 1,
      octaveVariance: 0,
      resolved: true,
    })
  })

  test('is infinite with too few slices to tell', () => {
    const hits = series(15, (nth) => nth % 2)
    expect(dependenceOf(hits, new Float64Array(15).fill(100), tail).designEffect).toBe(Infinity)
  })

  test('does not depend on how many slices a slice was cut into', () => {
    const random = uniform(3)
    const hits = series(256, () => (random() < 0.2 ? 20 : 0))
    const half = series(512, (nth) => hits[nth >> 1]! / 2)
    const coarse = dependenceOf(hits, new Float64Array(256).fill(100), tail).designEffect
    const fine = dependenceOf(half, new Float64Array(512).fill(50), tail).designEffect
    expect(fine / coarse).toBeGreaterThan(0.9)
    expect(fine / coarse).toBeLessThan(1.5)
  })
})

test('of two dependences each at its worst counts', () => {
  const unsteady = { ...independent, octaveVariance: 3 }
  const together = { designEffect: 5, octaveVariance: 1, resolved: false }
  expect(larger(unsteady, together)).toEqual({ designEffect: 5, octaveVariance: 3, resolved: false })
  expect(larger(together, unsteady)).toEqual({ designEffect: 5, octaveVariance: 3, resolved: false })
})

describe('the spread of a ratio', () => {
  test('contains the true mean of correlated runs as often as it says', () => {
    const runs = 300
    let outside = 0
    for (let run = 1; run <= runs; run++) {
      const next = normal(uniform(run * 7_919))
      let state = next()
      const parts = series(512, () => {
        state = 0.8 * state + 0.6 * next()
        return 10 + state
      })
      const mean = parts.reduce((sum, part) => sum + part, 0) / 512
      if (Math.abs(mean - 10) > ratioSpread(parts, new Float64Array(512).fill(1), 0.025).halfWidth) outside++
    }
    expect(outside / runs).toBeLessThan(0.05)
  })

  test('is nothing for what never changes, and infinite for what is too short', () => {
    expect(ratioSpread(new Float64Array(16).fill(5), new Float64Array(16).fill(1), tail).halfWidth).toBe(0)
    expect(ratioSpread(new Float64Array(15).fill(5), new Float64Array(15).fill(1), tail).halfWidth).toBe(Infinity)
  })
})
