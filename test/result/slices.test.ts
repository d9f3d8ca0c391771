import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Histogram } from '../../src/result/histogram.ts'
import { kindNumbers, SliceRecorder, Slices } from '../../src/result/slices.ts'
import { decodeSlices, encodeSlices } from '../../src/result/slices-codec.ts'

interface Ping {
  readonly at: number
  readonly floor: number
  readonly width: number
}

const ping = (longest: number): fc.Arbitrary<Ping> =>
  fc.record({
    at: fc.integer({ min: 0, max: longest - 1 }),
    floor: fc.integer({ min: 0, max: 2_000_000_000 }),
    width: fc.integer({ min: 0, max: 5_000_000 }),
  })

/** Records pings as a load thread does; latencies in nanoseconds. */
function record(pings: readonly Ping[], whole = { ceilings: new Histogram(), floors: new Histogram() }, expected = 0) {
  const recorder = new SliceRecorder(expected)
  for (const { at, floor, width } of pings) {
    recorder.count(kindNumbers.sent, Math.floor(at / recorder.length))
    const ceilingBucket = whole.ceilings.record(floor + width)
    const floorBucket = whole.floors.record(floor)
    recorder.answered(Math.floor(at / recorder.length), ceilingBucket, floorBucket)
  }
  return recorder.pack()
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

describe('slices', () => {
  test.for([
    [1_000, 128],
    [1_000 + 1e-8, 128],
    [1_000 - 1e-8, 128],
    [1_000.1, 129],
  ] as const)('of %d ms are %d: what a subtraction of times leaves over is none', ([duration, count]) => {
    expect(Slices.of([record([])], duration).count).toBe(count)
  })

  test('hold each ping in the slice in which it was due', () => {
    const pings = [0, 7.8, 7.9, 999].map((at) => ({ at, floor: 1_000_000, width: 0 }))
    const slices = Slices.of([record(pings)], 1_000)
    expect(slices).toMatchObject({ length: 7.8125, count: 128 })
    const answered = slices.pings('answered')
    expect([answered[0], answered[1], answered[127], total(answered)]).toEqual([2, 1, 1, 4])
    expect(slices.pings('sent')).toEqual(answered)
    expect(total(slices.pings('lost'))).toBe(0)
  })

  test('have a latency of coalesced pings as well as of answered ones', () => {
    const recorder = new SliceRecorder()
    const bucket = new Histogram().record(2e6)
    for (let nth = 0; nth < 3; nth++) recorder.answered(5, bucket, bucket, kindNumbers.coalesced)
    recorder.answered(5, bucket, bucket)
    recorder.count(kindNumbers.lost, 5)
    const slices = Slices.of([recorder.pack()], 1_000)
    const [answered, coalesced, measured, judged] = [
      slices.pings('answered'),
      slices.pings('coalesced'),
      slices.measuredEach(),
      slices.judgedEach(),
    ].map((each) => each[5])
    expect({ answered, coalesced, measured, judged }).toEqual({ answered: 1, coalesced: 3, measured: 4, judged: 5 })
    expect(slices.percentile(50, 5_000)).toBeCloseTo(2, 1)
    expect(slices.slowerThan(1)[5]).toBe(4)
  })

  test('are at most 512, twice as long whenever there would be more, and lose nothing', () => {
    fc.assert(
      fc.property(fc.array(ping(60_000), { minLength: 1, maxLength: 200 }), (pings) => {
        const slices = Slices.of([record(pings)], 60_000)
        expect(slices.count).toBeLessThanOrEqual(Math.min(512, 60_000 / slices.length + 1))
        expect(Math.log2(slices.length / 7.8125) % 1).toBe(0)
        const expected = new Float64Array(slices.count)
        for (const { at } of pings) expected[Math.floor(at / slices.length)]!++
        expect(slices.pings('answered')).toEqual(expected)
        expect(total(slices.slowerThan(0))).toBe(pings.filter(({ floor, width }) => floor + width > 15).length)
      }),
    )
  })

  test('of a known window have their length from the start', () => {
    expect(record([], undefined, 4_000).length).toBe(7.8125)
    expect(record([], undefined, 4_001).length).toBe(15.625)
    expect(record([], undefined, Infinity).length).toBe(7.8125)
  })

  test('of several threads add up, however long those of each are', () => {
    fc.assert(
      fc.property(fc.array(ping(3_000), { maxLength: 60 }), fc.array(ping(40_000), { maxLength: 60 }), (one, other) => {
        const both = Slices.of([record(one), record(other)], 40_000)
        const together = Slices.of([record([...one, ...other], undefined, both.length * 512)], 40_000)
        expect(both.pings('answered')).toEqual(together.pings('answered'))
        expect(both.slowerThan(3)).toEqual(together.slowerThan(3))
        expect(both.totals()).toEqual(together.totals())
      }),
    )
  })

  test('count what is slower to within a bucket of 1.6 %', () => {
    fc.assert(
      fc.property(
        fc.array(ping(1_000), { minLength: 1, maxLength: 100 }),
        fc.integer({ min: 1, max: 1_500 }),
        (pings, ms) => {
          const slower = total(Slices.of([record(pings)], 1_000).slowerThan(ms))
          const beyond = (limit: number) => pings.filter(({ floor, width }) => (floor + width) / 1e6 > limit).length
          expect(slower).toBeLessThanOrEqual(beyond(ms * 0.999))
          expect(slower).toBeGreaterThanOrEqual(beyond(ms * 1.018))
        },
      ),
    )
  })

  test('have histograms whose brackets contain those of the samples', () => {
    fc.assert(
      fc.property(fc.array(ping(1_000), { minLength: 1, maxLength: 100 }), (pings) => {
        const whole = { ceilings: new Histogram(), floors: new Histogram() }
        const { ceilings, floors } = Slices.of([record(pings, whole)], 1_000).histograms()
        const quantiles = (histogram: Histogram) => {
          const values: number[] = []
          histogram.forEach((ns, count) => values.push(...Array.from({ length: count }, () => ns)))
          return values
        }
        const [high, low] = [quantiles(whole.ceilings), quantiles(whole.floors)]
        expect([quantiles(ceilings).length, quantiles(floors).length]).toEqual([pings.length, pings.length])
        for (const [nth, value] of quantiles(ceilings).entries()) expect(value).toBeGreaterThanOrEqual(high[nth]!)
        for (const [nth, value] of quantiles(floors).entries()) expect(value).toBeLessThanOrEqual(low[nth]!)
      }),
    )
  })

  test('of many threads count on where 32 bits end', () => {
    const packed = record([{ at: 5, floor: 0, width: 1_000_000 }])
    const many = { ...packed.latency, counts: Uint32Array.of(3e9) }
    const slices = Slices.of(
      [
        { ...packed, latency: many },
        { ...packed, latency: many },
      ],
      1_000,
    )
    expect(total(slices.measuredEach())).toBe(6e9)
    expect(total(slices.slowerThan(0.5))).toBe(6e9)
    const { latency } = decodeSlices(encodeSlices(slices.pack()))
    expect(latency).toEqual(slices.pack().latency)
  })

  test('of a stretch are those between its ends', () => {
    const pings = Array.from({ length: 100 }, (_, nth) => ({ at: nth * 10, floor: nth * 1e6, width: 0 }))
    const slices = Slices.of([record(pings)], 1_000)
    const stretch = slices.stretch(32, 64)
    expect(stretch.pings('answered')).toEqual(slices.pings('answered').slice(32, 96))
    expect(stretch.slowerThan(50)).toEqual(slices.slowerThan(50).slice(32, 96))
    let count = 0
    stretch.histograms().ceilings.forEach((_, more) => (count += more))
    expect(count).toBe(total(stretch.pings('answered')))
  })

  test('know the mean of their latencies to within a bucket', () => {
    const pings = Array.from({ length: 100 }, (_, nth) => ({ at: nth, floor: (nth + 1) * 1e6, width: 0 }))
    expect(total(Slices.of([record(pings)], 100).totals()) / 5_050).toBeCloseTo(1, 1.5)
  })
})
