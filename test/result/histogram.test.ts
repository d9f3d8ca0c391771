import * as fc from 'fast-check'
import { decodeFromCompressedBase64, encodeIntoCompressedBase64, Float64Histogram } from 'hdr-histogram-js'
import { describe, expect, test } from 'vitest'
import { fromBase64, toHdr } from '../../src/result/hdr.ts'
import { highestTrackableNs, Histogram, sumSparse } from '../../src/result/histogram.ts'

/** Whole nanoseconds over all magnitudes, the borders between buckets above all. */
const border = fc
  .tuple(fc.integer({ min: 0, max: 41 }), fc.integer({ min: -2, max: 2 }))
  .map(([exponent, by]) => Math.min(highestTrackableNs, Math.max(0, 2 ** exponent + by)))
const magnitude = fc
  .tuple(fc.integer({ min: 0, max: 41 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([exponent, part]) => Math.min(highestTrackableNs, Math.floor(2 ** exponent * (1 + part))))
const nanoseconds = fc.oneof(border, magnitude, fc.integer({ min: 0, max: 4_096 }), fc.constant(highestTrackableNs))
const samples = fc.array(nanoseconds, { maxLength: 200, size: 'max' })

function recorded(values: Iterable<number>): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

/** The same values in the library's own hands. */
function reference(values: Iterable<number>): Float64Histogram {
  const hdr = new Float64Histogram(1, highestTrackableNs, 3)
  for (const value of values) hdr.recordValue(value)
  return hdr
}

function countsOf(hdr: Pick<Float64Histogram, 'countsArrayLength' | 'getCountAtIndex'>): Float64Array {
  return Float64Array.from({ length: hdr.countsArrayLength }, (_, index) => hdr.getCountAtIndex(index))
}

/** How many buckets there are, and the counts of those that are not empty: tens of thousands are, and slow to compare. */
function filled(counts: Uint32Array | Float64Array) {
  const buckets: [index: number, count: number][] = []
  for (let index = 0; index < counts.length; index++) {
    if (counts[index] !== 0) buckets.push([index, counts[index]!])
  }
  return { length: counts.length, buckets }
}

/** All of a histogram, its counts as {@link filled} has them. */
function contents({ counts, ...others }: Histogram) {
  return { ...others, ...filled(counts) }
}

function sum(histograms: readonly Histogram[]): Histogram {
  const total = new Histogram()
  for (const histogram of histograms) total.add(histogram)
  return total
}

describe('recording', () => {
  test('counts every value in the bucket in which hdr-histogram-js counts it', () => {
    fc.assert(
      fc.property(samples, (values) => {
        expect(filled(recorded(values).counts)).toEqual(filled(countsOf(reference(values))))
      }),
    )
  })

  test('counts each value of the lowest buckets by itself', () => {
    const { counts } = recorded(Array.from({ length: 2_048 }, (_, value) => value))
    expect([...counts.subarray(0, 2_048)]).toEqual(Array.from({ length: 2_048 }, () => 1))
  })

  test('rounds to whole nanoseconds', () => {
    expect([...recorded([0.4, 0.6, 1.5, 2.4]).counts.subarray(0, 4)]).toEqual([1, 1, 2, 0])
  })

  test('takes milliseconds as well', () => {
    const histogram = new Histogram()
    expect(histogram.recordMs(1.25)).toBe(recorded([]).record(1_250_000))
    expect(histogram).toEqual(recorded([1_250_000]))
  })

  test('counts what cannot be before zero at zero', () => {
    expect(recorded([-1, -1e12, NaN]).counts[0]).toBe(3)
  })

  test('counts values above an hour at an hour, and says how many they are', () => {
    const above = fc.double({ min: highestTrackableNs, minExcluded: true, noNaN: true })
    fc.assert(
      fc.property(samples, fc.array(above), (within, over) => {
        const histogram = recorded([...within, ...over])
        const anHour = recorded([...within, ...over.map(() => highestTrackableNs)])
        expect(histogram.overRange).toBe(over.length)
        expect(filled(histogram.counts)).toEqual(filled(anHour.counts))
      }),
    )
  })

  test('does not call an hour over range', () => {
    expect(recorded([highestTrackableNs]).overRange).toBe(0)
  })

  test('allocates nothing', () => {
    const histogram = new Histogram()
    const values = Float64Array.from({ length: 20_000 }, (_, nth) => 1.37 ** (nth % 90) + 0.3)
    const batch = (): number => {
      const before = process.memoryUsage().heapUsed
      for (let nth = 0; nth < values.length; nth++) histogram.record(values[nth]!)
      return (process.memoryUsage().heapUsed - before) / values.length
    }
    for (let warmup = 0; warmup < 50; warmup++) batch()
    const bytesPerRecord = Array.from({ length: 51 }, batch).toSorted((one, other) => one - other)
    // One boxed number would be 12 to 16 bytes. The median is blind to a collection in one of the batches, and a byte
    // leaves room for what memoryUsage() itself allocates.
    expect(bytesPerRecord[25]).toBeLessThan(1)
  })
})

describe('as an hdr-histogram-js histogram', () => {
  test('has the counts, percentiles, mean, deviation and maximum of its own recording', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0, max: 100, noNaN: true }), (values, percentile) => {
        const [hdr, own] = [toHdr(recorded(values)), reference(values)]
        expect(filled(countsOf(hdr))).toEqual(filled(countsOf(own)))
        expect(hdr.totalCount).toBe(own.totalCount)
        for (const p of [0, 50, 90, 99, 99.9, 100, percentile]) {
          expect(hdr.getValueAtPercentile(p)).toBe(own.getValueAtPercentile(p))
        }
        expect(hdr.mean).toBe(own.mean)
        expect(hdr.stdDeviation).toBe(own.stdDeviation)
        expect(hdr.highestEquivalentValue(hdr.maxValue)).toBe(own.highestEquivalentValue(own.maxValue))
      }),
    )
  })

  test('has each value within 0.1 %', () => {
    fc.assert(
      fc.property(nanoseconds, (value) => {
        const read = toHdr(recorded([value])).getValueAtPercentile(50)
        expect(Math.abs(read - value)).toBeLessThanOrEqual(value / 1_000)
      }),
      { numRuns: 1_000 },
    )
  })

  test('has the percentiles of the sorted values within 0.1 %', () => {
    fc.assert(
      fc.property(
        fc.array(nanoseconds, { minLength: 1, maxLength: 200, size: 'max' }),
        fc.integer({ min: 1, max: 100 }),
        (values, p) => {
          const sorted = values.toSorted((one, other) => one - other)
          const exact = sorted[Math.ceil((p * values.length) / 100) - 1]!
          const read = toHdr(recorded(values)).getValueAtPercentile(p)
          expect(read).toBeGreaterThanOrEqual(exact)
          expect(read - exact).toBeLessThanOrEqual(exact / 1_000)
        },
      ),
    )
  })

  test('keeps its counts in the V2 encoding', () => {
    fc.assert(
      fc.property(fc.array(nanoseconds, { minLength: 1, maxLength: 200, size: 'max' }), (values) => {
        const hdr = toHdr(recorded(values))
        const decoded = decodeFromCompressedBase64(encodeIntoCompressedBase64(hdr), 64) as Float64Histogram
        expect(filled(countsOf(decoded).slice(0, hdr.countsArrayLength))).toEqual(filled(countsOf(hdr)))
        expect(decoded.totalCount).toBe(values.length)
        expect(decoded.numberOfSignificantValueDigits).toBe(3)
      }),
      { numRuns: 25 },
    )
  })

  test('can be empty', () => {
    expect(toHdr(new Histogram()).totalCount).toBe(0)
  })
})

describe('adding', () => {
  const parts = fc.array(fc.array(fc.oneof(nanoseconds, fc.constant(Infinity)), { maxLength: 50, size: 'max' }), {
    minLength: 2,
    maxLength: 5,
  })

  test('gives what one histogram would have recorded of everything', () => {
    fc.assert(
      fc.property(parts, (values) => {
        expect(contents(sum(values.map(recorded)))).toEqual(contents(recorded(values.flat())))
      }),
    )
  })

  test('gives the same in any order and any grouping', () => {
    fc.assert(
      fc.property(parts, ([first, ...others]) => {
        const [one, rest] = [recorded(first!), others.map(recorded)]
        const all = contents(sum([one, ...rest]))
        expect(contents(sum([...rest, one]))).toEqual(all)
        expect(contents(sum([one, sum(rest)]))).toEqual(all)
      }),
    )
  })

  test('leaves the other histogram alone', () => {
    const other = recorded([1, 2, Infinity])
    recorded([3]).add(other)
    expect(other).toEqual(recorded([1, 2, Infinity]))
  })

  test('takes what is left of a histogram that was cloned to another thread', () => {
    const total = recorded([1])
    total.add(structuredClone(recorded([2, 3_000, Infinity])))
    expect(total).toEqual(recorded([1, 2, 3_000, Infinity]))
  })
})

describe('taking what is new', () => {
  test('takes each count once, and all of them add up to the histogram', () => {
    fc.assert(
      fc.property(fc.array(samples, { maxLength: 5 }), (batches) => {
        const histogram = new Histogram()
        const seen = new Float64Array(histogram.counts.length)
        const total = new Histogram()
        for (const batch of batches) {
          for (const value of batch) histogram.record(value)
          const taken = structuredClone(histogram.takeNew(seen))
          expect(taken.counts.reduce((all, count) => all + count, 0)).toBe(batch.length)
          const alone = new Histogram()
          alone.addSparse(taken)
          expect(filled(alone.counts)).toEqual(filled(recorded(batch).counts))
          total.addSparse(taken)
        }
        const counts = filled(histogram.counts)
        expect(filled(total.counts)).toEqual(counts)
        expect(filled(seen)).toEqual(counts)
      }),
    )
  })

  test('takes nothing where nothing is new', () => {
    const histogram = recorded([1, 2])
    const seen = histogram.counts.slice()
    expect(histogram.takeNew(seen)).toEqual({ indexes: new Uint32Array(), counts: new Uint32Array() })
  })

  test('names only the buckets that moved', () => {
    const histogram = recorded([1, 1, 7])
    const seen = new Float64Array(histogram.counts.length)
    histogram.takeNew(seen)
    histogram.record(7)
    histogram.record(7)
    expect(histogram.takeNew(seen)).toEqual({ indexes: Uint32Array.of(7), counts: Uint32Array.of(2) })
  })
})

test('counts of two intervals are those of both together', () => {
  fc.assert(
    fc.property(samples, samples, (one, other) => {
      const histogram = new Histogram()
      const seen = new Float64Array(histogram.counts.length)
      const [first, second] = [one, other].map((values) => {
        for (const value of values) histogram.record(value)
        return histogram.takeNew(seen)
      })
      expect(sumSparse(first!, second!)).toEqual(histogram.takeNew(new Float64Array(seen.length)))
    }),
  )
})

test('a bucket counts on where 32 bits end: while it is recorded, added, and written to a file', () => {
  const histogram = new Histogram()
  histogram.counts[0] = 2 ** 32 - 1
  histogram.record(0)
  histogram.record(7)
  expect(histogram.counts[0]).toBe(2 ** 32)
  histogram.add(structuredClone(histogram))
  expect(histogram.counts[0]).toBe(2 ** 33)
  const again = fromBase64(encodeIntoCompressedBase64(toHdr(histogram)), 0)
  expect(filled(again.counts)).toEqual(filled(histogram.counts))
})
