import { describe, expect, test } from 'vitest'
import { trimmedMean } from '../../src/statistics/trimmed-mean.ts'
import { normal, uniform } from '../support/random.ts'

const tail = 0.005

/** From 1 to -1 in steps, shuffled. */
function spread(length: number): number[] {
  const random = uniform(11)
  const drawn = Array.from({ length }, (_, nth) => ({ place: random(), value: 1 - (2 * nth) / (length - 1) }))
  return drawn.toSorted((one, other) => one.place - other.place).map(({ value }) => value)
}

/** Normally distributed, some of them ten times as far from 0. */
function wild(seed: number, length: number): number[] {
  const random = uniform(seed * 7_919)
  const next = normal(random)
  return Array.from({ length }, () => next() * (random() < 0.15 ? 10 : 1))
}

describe('the trimmed mean', () => {
  test('is the plain mean where nothing is left out', () => {
    expect(trimmedMean([1, 2, 9], 0)).toMatchObject({ mean: 4, kept: [0, 1, 2] })
  })

  test('leaves out the lowest and the highest values, wherever they are', () => {
    const values = spread(64)
    const { mean, kept } = trimmedMean([...values.slice(0, 40), 100, -100, ...values.slice(42)], 0.25)
    expect(kept).toHaveLength(32)
    expect(kept).not.toContain(40)
    expect(kept).not.toContain(41)
    expect(mean).toBeCloseTo(0, 1)
  })

  test.for([
    [63, 63],
    [64, 32],
  ])('of %d values is that of %d: fewer than 16 at each end are not left out', ([length, kept]) => {
    expect(trimmedMean(spread(length!), 0.25).kept).toHaveLength(kept!)
  })

  test('is the plain mean where what would be left out lies on one side', () => {
    const values = spread(100).map((value, nth) => (nth % 10 === 0 ? 30 : value))
    expect(trimmedMean(values, 0.25)).toMatchObject({ mean: trimmedMean(values, 0).mean, kept: { length: 100 } })
  })

  test('is that of a single value', () => {
    expect(trimmedMean([7], 0.25).mean).toBe(7)
  })
})

describe('its interval', () => {
  const seeds = Array.from({ length: 1_000 }, (_, nth) => nth + 1)
  /** More than that are not by chance: of 1,000 that miss in 1 % of all cases 16 or more do in one of twenty. */
  const mostMissed = 16
  const missed = (centre: number, valuesOf: (seed: number) => number[]): number =>
    seeds.filter((seed) => {
      const { mean, halfWidth } = trimmedMean(valuesOf(seed), 0.25)
      return Math.abs(mean - centre) > halfWidth(tail)
    }).length

  test.for([64, 150])('holds the centre of %d values of which some are wild', (length) => {
    expect(missed(0, (seed) => wild(seed, length))).toBeLessThan(mostMissed)
  })

  test('holds the mean of values of which a part is higher than all others', () => {
    const often = (seed: number): number[] => {
      const random = uniform(seed * 7_919)
      const next = normal(random)
      return Array.from({ length: 150 }, () => 0.01 * next() + (random() < 0.2 ? 1 : 0))
    }
    expect(missed(0.2, often)).toBeLessThan(mostMissed)
  })

  test('has one degree of freedom less than values were kept', () => {
    const { halfWidth } = trimmedMean(spread(64), 0.25)
    const kept = 32
    const winsorized = spread(64).map((value) => Math.min(31 / 63, Math.max(-31 / 63, value)))
    const variance = winsorized.reduce((sum, value) => sum + value * value, 0) / 63
    const standardError = Math.sqrt((64 * variance) / kept ** 2)
    const studentOf31 = 2.744
    expect(halfWidth(tail) / standardError).toBeGreaterThan(studentOf31 - 0.001)
  })

  test('is far narrower than that of the plain mean where some values are wild', () => {
    const values = wild(1, 150)
    expect(trimmedMean(values, 0.25).halfWidth(tail)).toBeLessThan(trimmedMean(values, 0).halfWidth(tail) / 2)
  })

  test('is wide where neighbours are alike', () => {
    const independent = Array.from({ length: 80 }, normal(uniform(3)))
    const alike = independent.flatMap((value) => [value, value, value, value])
    const [few, many] = [independent, alike].map((values) => trimmedMean(values, 0.25).halfWidth(tail))
    expect(many).toBeGreaterThan(0.8 * few!)
  })

  test('is infinite for fewer than 16 values', () => {
    expect(trimmedMean(wild(1, 15), 0.25).halfWidth(tail)).toBe(Infinity)
    expect(trimmedMean(wild(1, 16), 0.25).halfWidth(tail)).toBeLessThan(Infinity)
    expect(trimmedMean([], 0.25).halfWidth(tail)).toBe(Infinity)
  })
})
