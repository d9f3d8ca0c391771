import { describe, expect, test } from 'vitest'
import { ratioSpread } from '../../src/statistics/dependence.ts'
import { trimmedMean } from '../../src/statistics/trimmed-mean.ts'
import { normal, uniform } from '../../bench/control/random.ts'

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
  const tails = { lower: tail, upper: tail }
  const seeds = Array.from({ length: 1_000 }, (_, nth) => nth + 1)
  /** Of 1,000 that miss in 1 % of all cases, 16 or more do in one of twenty. */
  const mostMissed = 16
  const missed = (centre: number, valuesOf: (seed: number) => number[]): number =>
    seeds.filter((seed) => {
      const { low, high } = trimmedMean(valuesOf(seed), 0.25).interval(tails, 1)
      return low > centre || high < centre
    }).length
  const width = (values: readonly number[], share: number, evidenceShare = 1): number => {
    const { low, high } = trimmedMean(values, share).interval(tails, evidenceShare)
    return high - low
  }

  test.for([64, 150])('holds the centre of %d values of which some are wild', (length) => {
    expect(missed(0, (seed) => wild(seed, length))).toBeLessThan(mostMissed)
  })

  test('holds the mean of values of which a part is higher than all others', () => {
    const often = (seed: number): number[] => {
      const random = uniform(seed)
      const next = normal(random)
      return Array.from({ length: 150 }, () => 0.01 * next() + (random() < 0.2 ? 1 : 0))
    }
    expect(missed(0.2, often)).toBeLessThan(mostMissed)
  })

  test('reaches as far as the mean of values of which a part is higher, among others that are wild', () => {
    for (const seed of seeds.slice(0, 100)) {
      const random = uniform(seed)
      const values = wild(seed, 150).map((value) => 0.1 * value + (random() < 0.15 ? 0.4 : 0))
      const { low, high } = trimmedMean(values, 0.25).interval(tails, 1)
      const meanOfAll = trimmedMean(values, 0).mean
      expect(low).toBeLessThan(meanOfAll + 1e-12)
      expect(high).toBeGreaterThan(meanOfAll - 1e-12)
    }
  })

  test('has one degree of freedom less than values were kept', () => {
    const values = spread(64)
    const winsorized = values.map((value) => Math.min(31 / 63, Math.max(-31 / 63, value)))
    const ofKept = values.map(() => 1 / 2)
    const [studentOf31, studentOf63] = [2.744, 2.656]
    const asOfAll = 2 * ratioSpread(winsorized, ofKept, tail).halfWidth
    expect(width(values, 0.25) / asOfAll).toBeCloseTo(studentOf31 / studentOf63, 3)
  })

  test('is far narrower than that of the plain mean where some values are wild', () => {
    const values = wild(1, 150)
    expect(width(values, 0.25)).toBeLessThan(width(values, 0) / 2)
  })

  test('is wide where neighbours are alike', () => {
    const independent = Array.from({ length: 80 }, normal(uniform(3)))
    const alike = independent.flatMap((value) => [value, value, value, value])
    expect(width(alike, 0.25)).toBeGreaterThan(0.8 * width(independent, 0.25))
  })

  test('is twice as wide with a quarter of the evidence', () => {
    const values = spread(64)
    expect(width(values, 0.25, 0.25)).toBeCloseTo(2 * width(values, 0.25), 9)
  })

  test('is infinite for fewer than 16 values', () => {
    expect(width(wild(1, 15), 0.25)).toBe(Infinity)
    expect(width(wild(1, 16), 0.25)).toBeLessThan(Infinity)
  })
})
