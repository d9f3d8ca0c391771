import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Histogram } from '../../src/result/histogram.ts'
import { LatencySummary } from '../../src/result/latency-summary.ts'

const msToNs = 1e6
const figures = ['min', 'max', 'mean', 'stddev', 'p50', 'p75', 'p90', 'p95', 'p99', 'p99_9', 'p99_99'] as const

function histogramOf(ms: Iterable<number>): Histogram {
  const histogram = new Histogram()
  for (const value of ms) histogram.record(value * msToNs)
  return histogram
}

function summaryOf(ms: Iterable<number>, floors?: Iterable<number>): LatencySummary {
  return new LatencySummary(histogramOf(ms), floors && histogramOf(floors))
}

/** Exponential values of mean 1, the same for the same seed. */
function exponential(count: number, seed: number): number[] {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return -Math.log1p(-((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32)
  })
}

const milliseconds = fc.double({ min: 0, max: 60_000, noNaN: true })
const brackets = fc.array(
  fc.tuple(milliseconds, milliseconds).map(([floor, width]) => ({ floor, ceiling: floor + width })),
  { minLength: 1, maxLength: 100, size: 'max' },
)

describe('an empty histogram', () => {
  const empty = new LatencySummary(new Histogram())

  test.for(figures)('has no %s', (figure) => {
    expect(empty[figure]).toBeNaN()
  })

  test('has no percentile, bounds and interval', () => {
    expect(empty.percentile(50)).toBeNaN()
    expect(empty.bounds(50)).toEqual({ floor: NaN, ceiling: NaN })
    expect(empty.interval(50)).toEqual({ low: NaN, high: NaN })
  })

  test('counts nothing', () => {
    expect(empty).toMatchObject({ count: 0, overRange: 0 })
  })
})

describe('the figures', () => {
  const summary = summaryOf(Array.from({ length: 1_000 }, (_, nth) => nth + 1))

  test.for([
    ['count', 1_000],
    ['min', 1],
    ['max', 1_000],
    ['mean', 500.5],
    ['stddev', Math.sqrt((1_000 ** 2 - 1) / 12)],
    ['p50', 500],
    ['p75', 750],
    ['p90', 900],
    ['p95', 950],
    ['p99', 990],
    ['p99_9', 999],
    ['p99_99', 1_000],
  ] as const)('%s is %d within 0.1 %', ([figure, value]) => {
    expect(Math.abs(summary[figure] - value) / value).toBeLessThanOrEqual(0.001)
  })

  test('a percentile by number is the field of that name', () => {
    const { p50, p75, p90, p95, p99, p99_9, p99_99 } = summary
    expect([50, 75, 90, 95, 99, 99.9, 99.99].map((p) => summary.percentile(p))).toEqual([
      p50,
      p75,
      p90,
      p95,
      p99,
      p99_9,
      p99_99,
    ])
  })

  test('the histogram is at hand but not among the data', () => {
    expect(summary.histogram.totalCount).toBe(1_000)
    expect(Object.keys(summary)).toEqual(['count', ...figures, 'overRange'])
  })

  test('samples above an hour are counted at an hour, and said', () => {
    const { count, overRange, max } = summaryOf([1, 4_000_000])
    expect({ count, overRange }).toEqual({ count: 2, overRange: 1 })
    expect(Math.abs(max - 3_600_000) / 3_600_000).toBeLessThanOrEqual(0.001)
  })

  test('a larger percentile is never a smaller value', () => {
    const percents = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), {
      minLength: 2,
      maxLength: 20,
      size: 'max',
    })
    fc.assert(
      fc.property(fc.array(milliseconds, { minLength: 1, maxLength: 100, size: 'max' }), percents, (samples, ps) => {
        const some = summaryOf(samples)
        const values = ps.toSorted((one, other) => one - other).map((p) => some.percentile(p))
        expect(values).toEqual(values.toSorted((one, other) => one - other))
        expect(values[0]).toBeGreaterThanOrEqual(some.min)
        expect(values.at(-1)).toBeLessThanOrEqual(some.max)
      }),
    )
  })
})

describe('the bounds of a percentile', () => {
  test('have their floor no higher than their ceiling', () => {
    fc.assert(
      fc.property(brackets, fc.double({ min: 0, max: 100, noNaN: true }), (samples, p) => {
        const summary = summaryOf(
          samples.map(({ ceiling }) => ceiling),
          samples.map(({ floor }) => floor),
        )
        const { floor, ceiling } = summary.bounds(p)
        expect(floor).toBeLessThanOrEqual(ceiling)
      }),
    )
  })

  test('contain the percentile of the true values, wherever in their brackets these are', () => {
    const where = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(brackets, fc.infiniteStream(where), fc.integer({ min: 1, max: 100 }), (samples, parts, p) => {
        const summary = summaryOf(
          samples.map(({ ceiling }) => ceiling),
          samples.map(({ floor }) => floor),
        )
        const truth = samples
          .map(({ floor, ceiling }) => floor + (ceiling - floor) * parts.next().value)
          .toSorted((one, other) => one - other)[Math.ceil((p * samples.length) / 100) - 1]!
        const { floor, ceiling } = summary.bounds(p)
        // The histogram rounds to whole nanoseconds.
        expect(floor).toBeLessThanOrEqual(truth + 1 / msToNs)
        expect(ceiling).toBeGreaterThanOrEqual(truth - 1 / msToNs)
      }),
    )
  })

  test('are as wide as a bucket without floors', () => {
    const { floor, ceiling } = summaryOf([20]).bounds(50)
    expect(floor).toBeLessThanOrEqual(20)
    expect(ceiling).toBeGreaterThanOrEqual(20)
    expect(ceiling - floor).toBeLessThanOrEqual(0.02)
  })

  test('take the floor from the floors and the ceiling from the ceilings', () => {
    const { floor, ceiling } = summaryOf([20, 30], [4, 5]).bounds(50)
    expect(floor).toBeCloseTo(4, 2)
    expect(ceiling).toBeCloseTo(20, 1)
  })
})

describe('the confidence interval of a percentile', () => {
  const confidences = fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999)

  test('contains the percentile', () => {
    const ps = fc.double({ min: 0, max: 100, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(milliseconds, { minLength: 1, maxLength: 200, size: 'max' }),
        ps,
        confidences,
        (samples, p, confidence) => {
          const summary = summaryOf(samples)
          const { low, high } = summary.interval(p, confidence)
          expect(low).toBeLessThanOrEqual(summary.percentile(p))
          expect(high).toBeGreaterThanOrEqual(summary.percentile(p))
        },
      ),
    )
  })

  test.for([50, 90, 99])('narrows as samples grow: p%d', (p) => {
    const widths = [100, 1_000, 10_000, 100_000].map((count) => {
      const { low, high } = summaryOf(exponential(count, 1)).interval(p)
      return high - low
    })
    expect(widths).toEqual(widths.toSorted((one, other) => other - one))
    expect(widths[3]! * 5).toBeLessThan(widths[1]!)
  })

  test('widens as confidence grows', () => {
    const summary = summaryOf(exponential(1_000, 1))
    const widths = [0.5, 0.9, 0.99, 0.999].map((confidence) => {
      const { low, high } = summary.interval(95, confidence)
      return high - low
    })
    expect(widths).toEqual(widths.toSorted((one, other) => one - other))
    expect(new Set(widths).size).toBe(4)
  })

  test('is at 99 % confidence unless another is asked for', () => {
    const summary = summaryOf(exponential(1_000, 1))
    expect(summary.interval(95)).toEqual(summary.interval(95, 0.99))
    expect(summary.interval(95)).not.toEqual(summary.interval(95, 0.95))
  })

  test('reaches the extremes where the samples are too few', () => {
    const summary = summaryOf([1, 2, 3])
    expect(summary.interval(99)).toEqual({ low: summary.percentile(17), high: summary.max })
    expect(summary.interval(0)).toEqual({ low: summary.min, high: summary.percentile(83) })
  })

  test('has the ranks of the tables of Clopper and Pearson', () => {
    // 50 of 100 at 95 %: 0.3983 to 0.6017.
    const { low, high } = summaryOf(Array.from({ length: 100 }, (_, nth) => nth + 1)).interval(50, 0.95)
    expect(low).toBeCloseTo(40, 0)
    expect(high).toBeCloseTo(61, 0)
  })

  test.for([50, 99])('holds the true p%d in at least 93 of 100 runs when asked for 95', (p) => {
    const truth = -Math.log1p(-p / 100)
    const runs = 500
    let holding = 0
    for (let run = 0; run < runs; run++) {
      const { low, high } = summaryOf(exponential(1_000, run * 7_919 + p)).interval(p, 0.95)
      if (low <= truth && truth <= high) holding++
    }
    expect(holding / runs).toBeGreaterThanOrEqual(0.93)
    // Nor does it hold by being needlessly wide.
    expect(holding / runs).toBeLessThan(0.99)
  })
})
