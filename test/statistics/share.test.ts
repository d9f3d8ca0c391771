import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { samplesNeeded, shareBounds } from '../../src/statistics/share.ts'

const evidence = fc.record({
  effectiveSamples: fc.double({ min: 10, max: 1e7, noNaN: true }),
  duration: fc.integer({ min: 500, max: 3_600_000 }),
  octaveVariance: fc.oneof(fc.constantFrom(0, Infinity), fc.double({ min: 0, max: 10, noNaN: true })),
})
const tail = fc.double({ min: 1e-4, max: 0.1, noNaN: true })
const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }))

describe('the bounds of a share', () => {
  test("are Clopper and Pearson's for what was seen for ever", () => {
    const { lower, upper } = shareBounds(
      0.1,
      { effectiveSamples: 100, duration: Infinity, octaveVariance: 0 },
      { lower: 0.025, upper: 0.025 },
    )
    expect(lower).toBeCloseTo(0.049, 4)
    expect(upper).toBeCloseTo(0.1762, 4)
  })

  test('of none of many are those of the rule of three', () => {
    const { lower, upper } = shareBounds(
      0,
      { effectiveSamples: 1e6, duration: Infinity, octaveVariance: 0 },
      { lower: 0.05, upper: 0.05 },
    )
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
    const nothing = { effectiveSamples: 0, duration: 1_000, octaveVariance: 0 }
    expect(shareBounds(0, nothing, { lower: 0.01, upper: 0.01 })).toEqual({ lower: 0, upper: 1 })
  })

  describe('are off by a factor in the odds', () => {
    const factors = (known: { duration: number; octaveVariance: number; effectiveSamples?: number }, error = 0.01) => {
      const { lower, upper } = shareBounds(0.01, { effectiveSamples: 1e12, ...known }, { lower: error, upper: error })
      return [upper / (1 - upper) / (0.01 / 0.99), 0.01 / 0.99 / (lower / (1 - lower))]
    }

    test('of e^1.8 after one second of a run that shows nothing of how steady it is', () => {
      for (const factor of factors({ duration: 1_000, octaveVariance: Infinity })) {
        expect(factor).toBeCloseTo(Math.exp(1.8), 2)
      }
    })

    test('of what 16 octaves add of which each adds as much as within the run', () => {
      const variance = 0.001
      for (const factor of factors({ duration: 1_000, octaveVariance: variance })) {
        expect(factor).toBeCloseTo(Math.exp(2.326 * Math.sqrt(16 * variance)), 3)
      }
    })

    test('that is 1 for a steady run of very many samples, and larger with fewer', () => {
      const steady = { duration: 1_000, octaveVariance: 0 }
      expect(factors(steady)[0]).toBeCloseTo(1, 3)
      expect(factors({ ...steady, effectiveSamples: 1e5 })[0]).toBeGreaterThan(1.1)
    })

    test('that is no larger than without knowledge, and larger at a smaller error', () => {
      expect(factors({ duration: 4_000, octaveVariance: 100 })).toEqual(
        factors({ duration: 4_000, octaveVariance: Infinity }),
      )
      const [sure, surer] = [0.01, 0.001].map((error) => factors({ duration: 1_000, octaveVariance: 0.01 }, error)[0]!)
      expect(surer).toBeGreaterThan(sure!)
    })
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
            shareBounds(0, { effectiveSamples, duration, octaveVariance: 0 }, { lower: error, upper: error }).upper
          const samples = samplesNeeded(percentile, duration, error)
          expect(upper(samples)).toBeLessThanOrEqual((1 - percentile / 100) * (1 + 1e-6))
          expect(upper(samples - 1)).toBeGreaterThan((1 - percentile / 100) * (1 - 1e-6))
        },
      ),
    )
  })
})
