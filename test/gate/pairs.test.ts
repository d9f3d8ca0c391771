import { describe, expect, test } from 'vitest'
import { comparePairs, figureOf, pairUp, pairWithItself, tellingFigureOf } from '../../src/gate/pairs.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { kindNumbers, SliceRecorder, Slices } from '../../src/result/slices.ts'
import { uniform } from '../../bench/control/random.ts'

const length = 100
const median = { indicator: 'p50', percentile: 50, allowed: 0.1 }
const tail = { indicator: 'p99', percentile: 99, allowed: 0.1 }
const mean = { indicator: 'mean', percentile: undefined, allowed: 0.1 }
const judged = { tails: { lower: 0.005, upper: 0.005 }, timeout: 1_000, evidenceShare: 1 }

/** Slices with the latencies in milliseconds that `latenciesOf` gives each of them. */
function slicesOf(count: number, latenciesOf: (slice: number) => number[]): Slices {
  const recorder = new SliceRecorder(0, length)
  const buckets = new Histogram()
  for (let slice = 0; slice < count; slice++) {
    for (const ms of latenciesOf(slice)) {
      recorder.count(kindNumbers.sent, slice)
      if (ms === Infinity) recorder.count(kindNumbers.timedOut, slice)
      else recorder.answered(slice, buckets.record(ms * 1e6), buckets.record(ms * 1e6))
    }
  }
  return Slices.of([recorder.pack()], count * length)
}

function around(ms: number, pings = 40): number[] {
  return Array.from({ length: pings }, (_, nth) => ms * (0.8 + (0.4 * nth) / (pings - 1)))
}

describe('comparePairs', () => {
  test('finds a change that both sides share the noise of', () => {
    const noise = (slice: number): number => 1 + 0.5 * Math.abs(Math.sin(slice))
    const base = slicesOf(64, (slice) => around(2 * noise(slice)))
    const head = slicesOf(64, (slice) => around(2.4 * noise(slice)))
    const { change, low, high } = comparePairs(pairUp(base, head, 64), median, judged)
    expect(change).toBeCloseTo(0.2, 2)
    expect([low, high].map((end) => Math.abs(end - 0.2) < 0.02)).toEqual([true, true])
  })

  test('has the geometric means of both sides, whose ratio is the change', () => {
    const base = slicesOf(64, (slice) => around(slice < 4 ? 200 : 2))
    const head = slicesOf(64, (slice) => around(slice < 2 ? 300 : 3))
    const compared = comparePairs(pairUp(base, head, 64), mean, judged)
    expect(compared.head / compared.base).toBeCloseTo(1 + compared.change, 12)
    expect(compared.base).toBeCloseTo(2 * 100 ** (4 / 64), 1)
    expect(compared.head).toBeCloseTo(3 * 100 ** (2 / 64), 1)
  })

  test('has geometric means of the turns that a percentile is taken over', () => {
    const disturbed = (slice: number, side: number): number => (slice % 9 === side ? 300 : 2 + (slice % 7))
    const [base, head] = [0, 4].map((side) => slicesOf(144, (slice) => around(disturbed(slice, side))))
    const compared = comparePairs(pairUp(base!, head!, 144), median, judged)
    expect(compared.head / compared.base).toBeCloseTo(1 + compared.change, 12)
    expect(compared.head).toBeLessThan(8)
  })

  test('is not blurred, as to p50, by turns in which the machine did something else', () => {
    const disturbed = (slice: number, side: number): number => (slice % 9 === side ? 20 : 2)
    const base = slicesOf(144, (slice) => around(disturbed(slice, 0)))
    const head = slicesOf(144, (slice) => around(1.2 * disturbed(slice, 4)))
    const { change, low, high } = comparePairs(pairUp(base, head, 144), median, judged)
    expect(change).toBeCloseTo(0.2, 2)
    expect([low, high].map((end) => Math.abs(end - 0.2) < 0.02)).toEqual([true, true])
  })

  test.for([10, 90].map((percentile) => ({ indicator: `p${percentile}`, percentile })))(
    'takes $indicator over all turns of half a minute: a few of them make it',
    (figure) => {
      const disturbed = (slice: number, side: number): number => (slice % 30 === side ? 200 : 2)
      const [base, head] = [0, 15].map((side) => slicesOf(150, (slice) => around(disturbed(slice, side), 150)))
      const { low, high } = comparePairs(pairUp(base!, head!, 150), figure, judged)
      expect(high - low).toBeGreaterThan(0.5)
    },
  )

  test.for([median, tail, mean])('counts, as to $indicator, a server that is slow in a part of its turns', (figure) => {
    const random = uniform(5)
    const base = slicesOf(150, () => around(2, 1_000))
    const head = slicesOf(150, () => around(random() < 0.2 ? 5 : 2, 1_000))
    const { low, change } = comparePairs(pairUp(base, head, 150), figure, judged)
    expect(change).toBeGreaterThan(0.05)
    expect(low).toBeGreaterThan(0.04)
  })

  test('has a wide interval where the sides differ at random', () => {
    const random = uniform(1)
    const [base, head] = [1, 2].map(() => slicesOf(64, () => around(2 + 2 * random())))
    const { low, high } = comparePairs(pairUp(base!, head!, 64), median, judged)
    expect(low).toBeLessThan(0)
    expect(high).toBeGreaterThan(0)
    expect(high - low).toBeGreaterThan(0.1)
  })

  test('has a wider interval with a part of the evidence', () => {
    const base = slicesOf(64, (slice) => around(2 + Math.sin(slice)))
    const head = slicesOf(64, (slice) => around(2 + Math.sin(2 * slice)))
    const width = (evidenceShare: number): number => {
      const { low, high } = comparePairs(pairUp(base, head, 64), median, { ...judged, evidenceShare })
      return Math.log1p(high) - Math.log1p(low)
    }
    expect(width(0.25)).toBeCloseTo(2 * width(1), 9)
  })

  test('puts pairs together until there are enough pings for the percentile', () => {
    const base = slicesOf(400, () => around(2))
    expect(comparePairs(pairUp(base, base, 400), tail, judged)).toMatchObject({ change: 0, low: 0, high: 0 })
    expect(comparePairs(pairUp(base, base, 399), tail, judged)).toMatchObject({ low: -1, high: Infinity })
  })

  test('counts a ping without an answer as one that took its whole timeout', () => {
    const base = slicesOf(32, () => around(2))
    const head = slicesOf(32, () => [...around(2, 10), ...around(Infinity, 30)])
    expect(figureOf(head, median, 1_000)).toBe(1_000)
    expect(figureOf(head, mean, 1_000)).toBeCloseTo(750.5, 0)
    expect(comparePairs(pairUp(base, head, 32), median, judged).low).toBeGreaterThan(100)
  })

  test('leaves out blocks in which the percentile is among failed pings on both sides', () => {
    const withFailed = (ms: number) =>
      slicesOf(64, (slice) => (slice % 4 === 0 ? around(2, 15) : [...around(ms, 10), ...around(Infinity, 30)]))
    const [base, head] = [withFailed(2), withFailed(2)]
    const slower = slicesOf(64, (slice) => (slice % 4 === 0 ? around(3, 15) : around(Infinity, 30)))
    expect(comparePairs(pairUp(base, head, 64), median, judged)).toMatchObject({ change: 0, low: 0, high: 0 })
    expect(comparePairs(pairUp(base, slower, 64), median, judged).low).toBeGreaterThan(0.4)
    const nothing = slicesOf(64, () => around(Infinity, 30))
    expect(comparePairs(pairUp(nothing, nothing, 64), median, judged).change).toBeNaN()
  })

  test('leaves out pairs of which one side had nothing to send', () => {
    const base = slicesOf(64, (slice) => (slice % 2 === 0 ? around(2) : []))
    const head = slicesOf(64, () => around(2))
    expect(comparePairs(pairUp(base, head, 64), median, judged)).toMatchObject({ change: 0, low: 0, high: 0 })
  })

  test('knows nothing of nothing', () => {
    const empty = slicesOf(0, () => [])
    expect(comparePairs(pairUp(empty, empty, 0), median, judged)).toEqual({
      base: NaN,
      head: NaN,
      change: NaN,
      low: NaN,
      high: NaN,
    })
    expect(figureOf(empty, median, 1_000)).toBeNaN()
  })
})

test('a flood is paired with itself in turns', () => {
  expect(
    pairWithItself(
      slicesOf(7, () => around(1)),
      7,
    ).pairs,
  ).toEqual([
    [1, 2],
    [4, 3],
    [5, 6],
  ])
})

test('a percentile lies within its bucket as far as its rank does', () => {
  const slices = slicesOf(1, () => around(10, 1_001))
  for (const percentile of [1, 25, 50, 99]) {
    expect(figureOf(slices, { ...median, percentile }, 1_000)).toBeCloseTo(8 + (4 * percentile) / 100, 1)
  }
})

describe('tellingFigureOf', () => {
  const rule = { timeout: 1_000, samplesPerMessage: 1 }

  test('is that of all turns where a ping lies beyond it', () => {
    const slices = slicesOf(4, () => around(2, 25))
    expect(tellingFigureOf(slices, tail, rule)).toBe(figureOf(slices, tail, 1_000))
    expect(
      tellingFigureOf(
        slicesOf(4, () => around(2, 24)),
        tail,
        rule,
      ),
    ).toBeNaN()
  })

  test('takes more where what is sampled depends on each other', () => {
    const slices = slicesOf(4, () => around(2, 25))
    expect(tellingFigureOf(slices, tail, { ...rule, samplesPerMessage: 2 })).toBeNaN()
    expect(tellingFigureOf(slices, median, { ...rule, samplesPerMessage: 50 })).toBe(figureOf(slices, median, 1_000))
  })

  test('knows nothing of nothing', () => {
    expect(
      tellingFigureOf(
        slicesOf(0, () => []),
        median,
        rule,
      ),
    ).toBeNaN()
  })
})
