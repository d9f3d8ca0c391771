import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  constantArrivals,
  poissonArrivals,
  poissonCount,
  threadSeed,
  Schedule,
  splitMix32,
  type Arrivals,
  type Segment,
} from '../../src/generator/schedule.ts'

const forever = Infinity

/** When the first pings are due, in whole microseconds' worth of milliseconds. */
function dues(segments: readonly Segment[], count: number, arrivals: Arrivals = constantArrivals(0)): number[] {
  const schedule = new Schedule(segments)
  return Array.from({ length: count }, () => Math.round(schedule.dueAt(arrivals.next()) * 1_000) / 1_000)
}

/** All pings of a schedule that ends. */
function allDues(segments: readonly Segment[], arrivals: Arrivals = constantArrivals(0)): number[] {
  const schedule = new Schedule(segments)
  const all: number[] = []
  for (let due = schedule.dueAt(arrivals.next()); due < Infinity; due = schedule.dueAt(arrivals.next())) all.push(due)
  return all
}

function integral(segments: readonly Segment[]): number {
  return segments.reduce((sum, { duration, from, to }) => sum + (duration * (from + to)) / 2_000, 0)
}

/** Shares of a schedule, no nearer to each other than points are. */
const billionths = (max: number) => fc.integer({ min: 0, max: max * 1e9 }).map((count) => count / 1e9)
const rate = fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 5_000, noNaN: true }))
const duration = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 }))
const anySegments = fc.array(fc.record({ duration, from: rate, to: rate }), { minLength: 1, maxLength: 6 })

describe('a constant rate', () => {
  test.for([
    [10, [0, 100, 200, 300]],
    [1_000, [0, 1, 2, 3]],
    [0.5, [0, 2_000, 4_000, 6_000]],
  ] as const)('of %d per second is evenly spaced', ([perSecond, expected]) => {
    expect(dues([{ duration: forever, from: perSecond, to: perSecond }], 4)).toEqual(expected)
  })

  test('keeps its pace for a day', () => {
    const schedule = new Schedule([{ duration: forever, from: 50_000, to: 50_000 }])
    expect(schedule.dueAt(50_000 * 86_400)).toBeCloseTo(86_400_000, 3)
  })

  test('ends with its segment', () => {
    expect(dues([{ duration: 300, from: 10, to: 10 }], 4)).toEqual([0, 100, 200, Infinity])
  })
})

describe('a ramp', () => {
  test('up comes ever faster', () => {
    // Λ(t) = 5·t² for t in seconds, so the n-th ping is due at √(n/5) s.
    const expected = [0, 1, 2, 3, 4].map((n) => Math.round(Math.sqrt(n / 5) * 1e6) / 1e3)
    expect(dues([{ duration: 1_000, from: 0, to: 10 }], 6)).toEqual([...expected, Infinity])
  })

  test('down comes ever slower', () => {
    // Λ(t) = 10·t − 5·t².
    const expected = [0, 1, 2, 3, 4].map((n) => Math.round((1 - Math.sqrt(1 - n / 5)) * 1e6) / 1e3)
    expect(dues([{ duration: 1_000, from: 10, to: 0 }], 6)).toEqual([...expected, Infinity])
  })

  test('that is hardly one is as exact as a constant rate', () => {
    const flat = new Schedule([{ duration: 1e9, from: 1_000, to: 1_000 }])
    const slow = new Schedule([{ duration: 1e9, from: 1_000, to: 1_000 + 1e-9 }])
    for (const n of [1, 1_000, 1e6, 9e8]) expect(slow.dueAt(n)).toBeCloseTo(flat.dueAt(n), 3)
  })
})

describe('stages', () => {
  test('follow each other', () => {
    const segments = [
      { duration: 200, from: 10, to: 10 },
      { duration: 200, from: 20, to: 20 },
    ]
    expect(dues(segments, 7)).toEqual([0, 100, 200, 250, 300, 350, Infinity])
  })

  test('of no length change nothing but what comes behind', () => {
    const segments = [
      { duration: 200, from: 10, to: 10 },
      { duration: 0, from: 10, to: 1_000 },
      { duration: 200, from: 20, to: 20 },
    ]
    expect(dues(segments, 7)).toEqual([0, 100, 200, 250, 300, 350, Infinity])
  })

  test('without a rate pass without pings', () => {
    const segments = [
      { duration: 500, from: 0, to: 0 },
      { duration: 200, from: 10, to: 10 },
      { duration: 10_000, from: 0, to: 0 },
      { duration: 200, from: 10, to: 10 },
    ]
    expect(dues(segments, 5)).toEqual([500, 600, 10_700, 10_800, Infinity])
  })

  test('that are all idle have no pings', () => {
    expect(dues([{ duration: 500, from: 0, to: 0 }], 1)).toEqual([Infinity])
    expect(dues([], 1)).toEqual([Infinity])
  })

  test('have as many pings in all as the integral of their rate', () => {
    fc.assert(
      fc.property(anySegments, fc.double({ min: 0, max: 0.999, noNaN: true }), (segments, offset) => {
        const expected = Math.max(0, Math.ceil(integral(segments) - offset))
        // Where the integral is a whole number, rounding decides about the ping at its very end.
        expect(Math.abs(allDues(segments, constantArrivals(offset)).length - expected)).toBeLessThanOrEqual(1)
      }),
      { numRuns: 300 },
    )
  })

  test('have in each of them the integral of its rate', () => {
    const segments = [
      { duration: 1_000, from: 0, to: 100 },
      { duration: 500, from: 100, to: 100 },
      { duration: 0, from: 100, to: 400 },
      { duration: 250, from: 400, to: 0 },
    ]
    const all = allDues(segments, constantArrivals(0.5))
    const within = (from: number, to: number) => all.filter((due) => due >= from && due < to).length
    expect([within(0, 1_000), within(1_000, 1_500), within(1_500, 1_750)]).toEqual([50, 50, 50])
    expect(all).toHaveLength(150)
  })
})

describe('any schedule', () => {
  test('is due no earlier for a later ping, and never outside of its segments', () => {
    const points = fc.array(billionths(1.1), { minLength: 2, maxLength: 50, size: 'max' })
    fc.assert(
      fc.property(anySegments, points, (segments, parts) => {
        const schedule = new Schedule(segments)
        const total = integral(segments)
        const length = segments.reduce((sum, segment) => sum + segment.duration, 0)
        const all = parts.toSorted((one, other) => one - other).map((part) => schedule.dueAt(part * total))
        expect(all).toEqual(all.toSorted((one, other) => (one === other ? 0 : one - other)))
        expect(all.every((due) => due >= 0 && (due <= length || due === Infinity))).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('expects by a time what is due by then', () => {
    fc.assert(
      fc.property(anySegments, billionths(0.999), (segments, part) => {
        const schedule = new Schedule(segments)
        const arrivals = part * integral(segments)
        fc.pre(arrivals > 0)
        expect(schedule.arrivalsBy(schedule.dueAt(arrivals))).toBeCloseTo(arrivals, 6)
        expect(schedule.arrivalsBy(Infinity)).toBeCloseTo(integral(segments), 6)
        expect(schedule.arrivalsBy(-1)).toBe(0)
      }),
      { numRuns: 1_000 },
    )
  })

  test('that never ends expects as much as its rate says', () => {
    expect(new Schedule([{ duration: forever, from: 1e9, to: 1e9 }]).arrivalsBy(86_400_000)).toBe(8.64e13)
  })

  test('has had n arrivals expected when the n-th ping is due', () => {
    const segment = fc.record({
      duration: fc.integer({ min: 1, max: 10_000 }),
      from: fc.double({ min: 0, max: 5_000, noNaN: true }),
      to: fc.double({ min: 0.1, max: 5_000, noNaN: true }),
    })
    fc.assert(
      fc.property(segment, billionths(0.999), (one, part) => {
        const n = part * integral([one])
        const t = new Schedule([one]).dueAt(n)
        const reached = (one.from * t + ((one.to - one.from) * t * t) / (2 * one.duration)) / 1_000
        expect(reached).toBeCloseTo(n, 6)
      }),
    )
  })
})

describe('constant arrivals', () => {
  test('are one apart from their offset on', () => {
    const arrivals = constantArrivals(0.25)
    expect([arrivals.next(), arrivals.next(), arrivals.next()]).toEqual([0.25, 1.25, 2.25])
  })

  test('go on where they would have after some were skipped', () => {
    const parts = fc.array(fc.integer({ min: -10, max: 1_000_000 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(parts, fc.double({ min: 0, max: 0.999, noNaN: true }), (ends, offset) => {
        const arrivals = constantArrivals(offset)
        let passed = 0
        for (const end of ends) {
          const skipped = arrivals.skip(end)
          const point = arrivals.next()
          expect(point).toBe(offset + (passed + skipped))
          expect(point).toBeGreaterThan(end - 3)
          expect(skipped === 0 || point < end).toBe(true)
          passed += skipped + 1
        }
      }),
    )
  })

  test.for([2, 3, 8])('of %d threads interleave evenly', (threads) => {
    const perThread = [{ duration: 1_000, from: 300 / threads, to: 300 / threads }]
    const all = Array.from({ length: threads }, (_, thread) => allDues(perThread, constantArrivals(thread / threads)))
    const merged = all.flat().toSorted((one, other) => one - other)
    expect(merged).toHaveLength(300)
    for (const [n, due] of merged.entries()) expect(due).toBeCloseTo((n * 1_000) / 300, 6)
  })
})

describe('Poisson arrivals', () => {
  function gaps(seed: number, count: number): number[] {
    const arrivals = poissonArrivals(seed)
    let before = 0
    return Array.from({ length: count }, () => {
      const point = arrivals.next()
      const gap = point - before
      before = point
      return gap
    })
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = (values: readonly number[]) => {
    const center = mean(values)
    return mean(values.map((value) => (value - center) ** 2))
  }
  const count = 100_000
  const seeds = [0, 1, 42, 0xffffffff]

  // Bounds are 5 standard errors of an exponential's estimates at this count; with these seeds nothing is left to chance.
  test.for(seeds)('are one apart on average, and vary as an exponential does: seed %d', (seed) => {
    const all = gaps(seed, count)
    expect(Math.abs(mean(all) - 1)).toBeLessThan(5 / Math.sqrt(count))
    expect(Math.abs(variance(all) - 1)).toBeLessThan(5 * Math.sqrt(8 / count))
    expect(Math.abs(all.filter((gap) => gap > 1).length / count - Math.exp(-1))).toBeLessThan(0.008)
  })

  test.for(seeds)('do not depend on each other: seed %d', (seed) => {
    const all = gaps(seed, count)
    const products = all.slice(1).map((gap, nth) => (gap - 1) * (all[nth]! - 1))
    expect(Math.abs(mean(products))).toBeLessThan(5 / Math.sqrt(count))
  })

  test('never go back and never end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
        expect(gaps(seed, 1_000).every((gap) => gap >= 0 && gap < 30)).toBe(true)
      }),
    )
  })

  test('are the same for the same seed, and others for another', () => {
    expect(gaps(7, 10)).toEqual(gaps(7, 10))
    expect(gaps(7, 10)).not.toEqual(gaps(8, 10))
  })

  test('are others on each thread, however many there are', () => {
    for (const threads of [2, 64, 65, 128, 1_000]) {
      const seeds = Array.from({ length: threads }, (_, thread) => threadSeed(7, thread, threads))
      expect(new Set(seeds).size).toBe(threads)
    }
  })

  test('hold a rate, and vary from second to second as a Poisson count does', () => {
    const perSecond = 200
    const seconds = 500
    const rates = Array.from({ length: seconds }, () => 0)
    const segments = [{ duration: seconds * 1_000, from: perSecond, to: perSecond }]
    for (const due of allDues(segments, poissonArrivals(1))) rates[Math.floor(due / 1_000)]!++
    expect(Math.abs(mean(rates) - perSecond)).toBeLessThan(5 * Math.sqrt(perSecond / seconds))
    expect(Math.abs(variance(rates) / perSecond - 1)).toBeLessThan(5 * Math.sqrt(2 / seconds))
  })

  test('skip as many as a Poisson process has, and go on behind them', () => {
    const arrivals = poissonArrivals(1)
    const counts = Array.from({ length: 2_000 }, (_, nth) => {
      const skipped = arrivals.skip((nth + 1) * 5_000)
      let [drawn, point] = [1, arrivals.next()]
      for (; point < (nth + 1) * 5_000; point = arrivals.next()) drawn++
      return skipped + drawn
    })
    expect(Math.abs(mean(counts) - 5_000)).toBeLessThan(5 * Math.sqrt(5_000 / counts.length))
    expect(Math.abs(variance(counts) / 5_000 - 1)).toBeLessThan(5 * Math.sqrt(2 / counts.length))
  })

  test('skip none where there are few', () => {
    const [one, other] = [poissonArrivals(1), poissonArrivals(1)]
    expect(one.skip(900)).toBe(0)
    expect(one.next()).toBe(other.next())
  })

  test.for([10, 100, 1e4, 1e8, 1e12])('of a mean of %d have the counts of a Poisson distribution', (expected) => {
    const random = splitMix32(1)
    const counts = Array.from({ length: 20_000 }, () => poissonCount(expected, random))
    expect(counts.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true)
    expect(Math.abs(mean(counts) - expected)).toBeLessThan(5 * Math.sqrt(expected / counts.length))
    expect(Math.abs(variance(counts) / expected - 1)).toBeLessThan(5 * Math.sqrt(2.2 / counts.length))
    const below = counts.filter((value) => value < expected - Math.sqrt(expected)).length / counts.length
    expect(Math.abs(below - 0.1587)).toBeLessThan(expected === 10 ? 0.05 : 0.025)
  })

  test('follow a ramp', () => {
    const all = allDues([{ duration: 10_000, from: 0, to: 2_000 }], poissonArrivals(1))
    const firstHalf = all.filter((due) => due < 5_000).length
    expect(Math.abs(firstHalf - 2_500)).toBeLessThan(5 * Math.sqrt(2_500))
    expect(Math.abs(all.length - 10_000)).toBeLessThan(5 * Math.sqrt(10_000))
  })
})
