import { AggregationType, DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ExponentialHistogram, toExponential } from '../../src/export/exponential-histogram.ts'
import { upperEndsOf } from '../../src/export/upper-ends.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { LatencySummary } from '../../src/result/latency-summary.ts'
import { errorFactorOf, percentileOf } from '../support/otlp-collector.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

const hourNs = 3_600_000_000_000
/** Spread over all magnitudes, in nanoseconds. */
const samples = fc.array(
  fc.double({ min: 0, max: Math.log2(hourNs), noNaN: true }).map((exponent) => Math.round(2 ** exponent)),
  { minLength: 1, maxLength: 300 },
)

function ofNs(values: Iterable<number>): LatencySummary {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return new LatencySummary(histogram)
}

/** Of the bucket at an index: it is above the lower one, up to and with the upper one. */
function endsOf({ scale, offset }: ExponentialHistogram, nth: number): readonly [lower: number, upper: number] {
  return [2 ** ((offset + nth) / 2 ** scale), 2 ** ((offset + nth + 1) / 2 ** scale)]
}

/** What an SDK makes of the same values in a histogram of its own. */
async function bySDK(values: readonly (readonly [seconds: number, count: number])[]): Promise<ExponentialHistogram> {
  class Reader extends MetricReader {
    protected override onShutdown = async (): Promise<void> => {}
    protected override onForceFlush = async (): Promise<void> => {}
  }
  const aggregation = {
    type: AggregationType.EXPONENTIAL_HISTOGRAM,
    options: { maxSize: 160, recordMinMax: true },
  } as const
  const reader = new Reader({ aggregationSelector: () => aggregation })
  const provider = new MeterProvider({ readers: [reader] })
  const instrument = provider.getMeter('a').createHistogram('a')
  for (const [seconds, count] of values) for (let nth = 0; nth < count; nth++) instrument.record(seconds)
  const { resourceMetrics } = await reader.collect()
  await provider.shutdown()
  const [metric] = resourceMetrics.scopeMetrics[0]!.metrics
  if (metric?.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM)
    throw new Error('expected an exponential histogram')
  const { positive, scale, zeroCount, count, sum } = metric.dataPoints[0]!.value
  return { scale, offset: positive.offset, counts: positive.bucketCounts, zeroCount, count, sum: sum! }
}

test('every sample is in the one bucket that has the value that percentiles give it', () => {
  fc.assert(
    fc.property(samples, (values) => {
      const summary = ofNs(values)
      const exponential = toExponential(summary)
      const expected = exponential.counts.map((_, nth) => {
        const [lower, upper] = endsOf(exponential, nth)
        const within = upperEndsOf(summary).filter(([seconds]) => seconds > lower && seconds <= upper)
        return within.reduce((sum, [, count]) => sum + count, 0)
      })
      expect(exponential.counts).toEqual(expected)
      expect(exponential.counts.reduce((sum, count) => sum + count, exponential.zeroCount)).toBe(summary.count)
    }),
  )
})

test('buckets are those of the SDK, but for scales that are finer than the latencies', async () => {
  await fc.assert(
    fc.asyncProperty(samples, async (values) => {
      const summary = ofNs(values)
      const { scale, offset, counts, zeroCount, count } = toExponential(summary)
      const theirs = await bySDK(upperEndsOf(summary))
      fc.pre(theirs.scale <= 9)
      expect(theirs).toMatchObject({ scale, offset, counts, zeroCount, count })
    }),
  )
})

test('a percentile read out of the buckets is within half a bucket of that of the summary', () => {
  fc.assert(
    fc.property(samples, fc.double({ min: 0.001, max: 100, noNaN: true }), (values, p) => {
      const summary = ofNs(values)
      const exponential = toExponential(summary)
      const read = percentileOf({ min: 0, max: 0, ...exponential }, p)
      const factor = errorFactorOf({ min: 0, max: 0, ...exponential }) * (1 + 1e-9)
      const own = summary.percentile(p) / 1_000
      expect(read).toBeGreaterThanOrEqual(own / factor)
      expect(read).toBeLessThanOrEqual(own * factor)
    }),
  )
})

test('the scale is the highest that needs no more than 160 buckets', () => {
  fc.assert(
    fc.property(samples, (values) => {
      const summary = ofNs(values.map((value) => Math.max(1, value)))
      const { scale, counts } = toExponential(summary)
      expect(counts.length).toBeLessThanOrEqual(160)
      expect([counts[0], counts.at(-1)]).not.toContain(0)
      const ends = upperEndsOf(summary).map(([seconds]) => Math.ceil(Math.log2(seconds) * 2 ** (scale + 1)))
      fc.pre(scale < 9)
      expect(ends.at(-1)! - ends[0]! + 1).toBeGreaterThan(160)
    }),
  )
})

test.each([
  ['one value', [2_000_000], 9],
  ['1 ms to 100 ms', [1_000_000, 100_000_000], 4],
  ['20 µs to 5 s', [20_000, 5_000_000_000], 3],
  ['1 ns to an hour', [1, hourNs], 1],
])('the scale of %s is %j', (_, values, scale) => {
  expect(toExponential(ofNs(values)).scale).toBe(scale)
})

test('a scale is kept until its buckets would be 161', () => {
  const spread = (octaves: number) => toExponential(ofNs([1_000_000, Math.round(1_000_000 * 2 ** octaves)]))
  const spreads = Array.from({ length: 200 }, (_, nth) => spread(9.9 + nth / 1_000))
  const most = (scale: number) =>
    Math.max(...spreads.filter((one) => one.scale === scale).map(({ counts }) => counts.length))
  expect([most(4), most(3)]).toEqual([160, 82])
})

test('samples of zero are in no bucket', () => {
  const { zeroCount, count, counts } = toExponential(latencies([0, 0, 0, 5, 5]).both)
  expect({ zeroCount, count, counts }).toEqual({ zeroCount: 3, count: 5, counts: [2] })
  expect(toExponential(latencies(repeated(4, 0)).both)).toEqual({
    scale: 9,
    offset: 0,
    counts: [],
    zeroCount: 4,
    count: 4,
    sum: 0,
    min: 0,
    max: 0,
  })
})

test('no samples have no least and no greatest', () => {
  const none = { scale: 9, offset: 0, counts: [], zeroCount: 0, count: 0, sum: 0 }
  expect(toExponential(latencies([]).both)).toEqual(none)
})

test('sum, least and greatest are those of the summary, in seconds', () => {
  const { latency } = loadResult()
  const { sum, min, max, count } = toExponential(latency)
  expect(count).toBe(20_000)
  expect(sum).toBeCloseTo((latency.mean * latency.count) / 1_000, 9)
  expect([min, max]).toEqual([latency.min / 1_000, latency.max / 1_000])
})
