import { describe, expect, test } from 'vitest'
import { trimmedMean } from '../../src/statistics/trimmed-mean.ts'
import { normal, uniform } from '../support/random.ts'

const tail = 0.005

describe('the trimmed mean', () => {
  test('is the plain mean where nothing is left out', () => {
    expect(trimmedMean([1, 2, 9], 0)).toMatchObject({ mean: 4, kept: [0, 1, 2] })
  })

  test('leaves out the lowest and the highest values, wherever they are', () => {
    expect(trimmedMean([3, 900, 5, -700], 0.25)).toMatchObject({ mean: 4, kept: [0, 2] })
  })

  test('is that of a single value', () => {
    expect(trimmedMean([7], 0.25).mean).toBe(7)
  })
})

describe('its interval', () => {
  const wild = (seed: number, length: number): number[] => {
    const random = uniform(seed * 7_919)
    const next = normal(random)
    return Array.from({ length }, () => next() * (random() < 0.15 ? 10 : 1))
  }

  test.for([16, 40, 150])('holds the centre of %d values of which some are wild as often as it says', (length) => {
    const seeds = Array.from({ length: 1_000 }, (_, nth) => nth + 1)
    const missed = seeds.filter((seed) => {
      const { mean, halfWidth } = trimmedMean(wild(seed, length), 0.25)
      return Math.abs(mean) > halfWidth(tail)
    })
    expect(missed.length).toBeLessThanOrEqual(2 * 2 * tail * seeds.length)
  })

  test('is far narrower than that of the plain mean where some values are wild', () => {
    const values = wild(1, 150)
    expect(trimmedMean(values, 0.25).halfWidth(tail)).toBeLessThan(trimmedMean(values, 0).halfWidth(tail) / 2)
  })

  test('is wide where neighbours are alike', () => {
    const independent = Array.from({ length: 40 }, normal(uniform(3)))
    const alike = independent.flatMap((value) => [value, value, value, value])
    expect(trimmedMean(alike, 0.25).halfWidth(tail)).toBeGreaterThan(
      0.8 * trimmedMean(independent, 0.25).halfWidth(tail),
    )
  })

  test('is infinite for fewer than 16 values', () => {
    expect(trimmedMean(wild(1, 15), 0.25).halfWidth(tail)).toBe(Infinity)
    expect(trimmedMean(wild(1, 16), 0.25).halfWidth(tail)).toBeLessThan(Infinity)
    expect(trimmedMean([], 0.25).halfWidth(tail)).toBe(Infinity)
  })
})
