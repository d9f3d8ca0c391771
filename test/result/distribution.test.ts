import * as fc from 'fast-check'
import { Float64Histogram } from 'hdr-histogram-js'
import { describe, expect, test } from 'vitest'
import { Distribution, lowestEquivalent } from '../../src/result/distribution.ts'
import { highestTrackableNs, Histogram } from '../../src/result/histogram.ts'

const nanoseconds = fc.oneof(
  fc.integer({ min: 0, max: 4_096 }),
  fc
    .tuple(fc.integer({ min: 0, max: 41 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([exponent, part]) => Math.min(highestTrackableNs, Math.floor(2 ** exponent * (1 + part)))),
)
const samples = fc.array(nanoseconds, { minLength: 1, maxLength: 200, size: 'max' })

function distributionOf(values: Iterable<number>): Distribution {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return new Distribution(histogram)
}

/** The same values in the hands of hdr-histogram-js. */
function reference(values: Iterable<number>): Float64Histogram {
  const hdr = new Float64Histogram(1, highestTrackableNs, 3)
  for (const value of values) hdr.recordValue(value)
  return hdr
}

describe('a distribution', () => {
  test('has the figures of hdr-histogram-js', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0, max: 100, noNaN: true }), (values, percentile) => {
        const [distribution, hdr] = [distributionOf(values), reference(values)]
        expect(distribution).toMatchObject({ count: hdr.totalCount, mean: hdr.mean, stddev: hdr.stdDeviation })
        expect(distribution.min).toBe(hdr.getValueAtPercentile(0))
        for (const p of [0, 1, 50, 90, 99, 99.9, 100, percentile]) {
          expect(distribution.percentile(p)).toBe(hdr.getValueAtPercentile(p))
        }
      }),
    )
  })

  test('tells its values and how often they came', () => {
    const told: [ns: number, count: number][] = []
    distributionOf([7, 3, 7, 2_000_001]).forEach((ns, count) => told.push([ns, count]))
    expect(told).toEqual([
      [3, 1],
      [7, 2],
      [lowestEquivalent(2_000_001), 1],
    ])
  })

  test('keeps what was counted when it was made', () => {
    const histogram = new Histogram()
    histogram.record(5)
    const distribution = new Distribution(histogram)
    histogram.record(9)
    expect([distribution.count, distribution.percentile(100)]).toEqual([1, 5])
  })

  test('of nothing has no figures', () => {
    const { count, min, mean, stddev } = distributionOf([])
    expect([count, min, mean, stddev, distributionOf([]).percentile(50)]).toEqual([0, NaN, NaN, NaN, NaN])
  })
})

test('the lowest equivalent value is the one of hdr-histogram-js', () => {
  const hdr = reference([])
  fc.assert(
    fc.property(nanoseconds, (ns) => {
      expect(lowestEquivalent(ns)).toBe(hdr.lowestEquivalentValue(ns))
    }),
  )
})
