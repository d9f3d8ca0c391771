import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { samplesNeeded, shareBounds } from '../../src/statistics/share.ts'

const evidence = fc.record({
  effectiveSamples: fc.double({ min: 10, max: 1e7, noNaN: true }),
  duration: fc.integer({ min: 500, max: 3_600_000 }),
})
const tail = fc.double({ min: 1e-4, max: 0.1, noNaN: true })
const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }))

describe('the bounds of a share', () => {
  test("are Clopper and Pearson's for what was seen for ever", () => {
    const { lower, upper } = shareBounds(
      0.1,
      { effectiveSamples: 100, duration: Infinity },
      { lower: 0.025, upper: 0.025 },
    )
    expect(lower).toBeCloseTo(0.049, 4)
    expect(upper).toBeCloseTo(0.1762, 4)
  })

  test('of none of many are those of the rule of three', () => {
    const { lower, upper } = shareBounds(0, { effectiveSamples: 1e6, duration: Infinity }, { lower: 0.05, upper: 0.05 })
    expect(lower).toBe(0)
    expect(upper * 1e6).toBeCloseTo(3, 1)
  })

  test('contain what was seen', () => {
    fc.assert(
      fc.property(share, evidence, tail, (seen, known, error) => {
        const { lower, upper } = shareBounds(seen, known, { lower: error, upper: error })
        expect(lower).toBeLessThanOrEqual(seen + 1e-12)
        expect(upper).toBeGreaterThanOrEqual(seen - 1e-12)
      }),
    )
  })

  test('come nearer with more samples, with more time and with more error allowed', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), evidence, tail, (seen, known, error) => {
        const width = (more: Partial<typeof known>, allowed = error) => {
          const { lower, upper } = shareBounds(seen, { ...known, ...more }, { lower: allowed, upper: allowed })
          return upper - lower
        }
        const now = width({}) + 1e-12
        expect(width({ effectiveSamples: 2 * known.effectiveSamples })).toBeLessThanOrEqual(now)
        expect(width({ duration: 2 * known.duration })).toBeLessThanOrEqual(now)
        expect(width({}, 1.5 * error)).toBeLessThanOrEqual(now)
      }),
    )
  })

  test('are all there is without a sample', () => {
    const nothing = { effectiveSamples: 0, duration: 1_000 }
    expect(shareBounds(0, nothing, { lower: 0.01, upper: 0.01 })).toEqual({ lower: 0, upper: 1 })
  })

  test('are 3.3 times off in the odds after one second', () => {
    const known = { effectiveSamples: 1e12, duration: 1_000 }
    const { lower, upper } = shareBounds(0.01, known, { lower: 0.01, upper: 0.01 })
    expect(upper / (1 - upper) / (0.01 / 0.99)).toBeCloseTo(Math.exp(1.2), 2)
    expect(0.01 / 0.99 / (lower / (1 - lower))).toBeCloseTo(Math.exp(1.2), 2)
  })
})

describe('the samples that a percentile needs', () => {
  test.for([
    [95, 59],
    [99, 299],
    [99.9, 2_995],
  ] as const)('are for p%d at an error of 5 %% %d', ([percentile, samples]) => {
    expect(samplesNeeded(percentile, Infinity, 0.05)).toBe(samples)
  })

  test('are just enough for the upper bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 900, max: 9_999 }),
        fc.integer({ min: 500, max: 1e6 }),
        tail,
        (p, duration, error) => {
          const percentile = p / 100
          const upper = (effectiveSamples: number) =>
            shareBounds(0, { effectiveSamples, duration }, { lower: error, upper: error }).upper
          const samples = samplesNeeded(percentile, duration, error)
          expect(upper(samples)).toBeLessThanOrEqual((1 - percentile / 100) * (1 + 1e-6))
          expect(upper(samples - 1)).toBeGreaterThan((1 - percentile / 100) * (1 - 1e-6))
        },
      ),
    )
  })
})
