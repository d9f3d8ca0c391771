import type { LatencySummary } from '../result/latency-summary.ts'
import { secondsIn, upperEndsOf } from './upper-ends.ts'

/** As SDKs have it, which backends are made for. @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#base2-exponential-bucket-histogram-aggregation */
const mostBuckets = 160
/** Its buckets are 0.14 % wide. Those of the next one would be narrower than some that the latencies were counted in, 0.1 %. */
const highestScale = 9

/**
 * Latencies in seconds, in buckets whose ends are powers of 2^(2^-`scale`): the bucket at index i of `counts` is above the
 * power `offset` + i, up to and with the next one. A percentile that is read out of them as the geometric middle of its
 * bucket is within a factor of 2^(2^-`scale` / 2) of that of the summary: 4.4 % at scale 3, for instance.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export interface ExponentialHistogram {
  /** The highest that needs no more than 160 buckets, 9 at most; from 1 ns to an hour it is 1. */
  readonly scale: number
  readonly offset: number
  readonly counts: number[]
  /** Samples of 0, which is in no bucket. */
  readonly zeroCount: number
  /** Of all of them. */
  readonly count: number
  readonly sum: number
  /** Absent where there are no samples. */
  readonly min?: number
  readonly max?: number
}

/** The same samples, each in the bucket of the value that percentiles give it: as exact as the summary, whatever the scale. */
export function toExponential(latency: LatencySummary): ExponentialHistogram {
  const ends = upperEndsOf(latency)
  const positive = ends.filter(([seconds]) => seconds > 0)
  const zeroCount = ends.length > positive.length ? ends[0]![1] : 0
  const { count } = latency
  const [min, max] = [latency.min / 1_000, latency.max / 1_000]
  const whole = { zeroCount, count, sum: secondsIn(latency), ...(count > 0 && { min, max }) }
  if (positive.length === 0) return { ...whole, scale: highestScale, offset: 0, counts: [] }

  const [lowest, highest] = [positive[0]![0], positive.at(-1)![0]]
  let scale = highestScale
  while (indexOf(highest, scale) - indexOf(lowest, scale) >= mostBuckets) scale--
  const offset = indexOf(lowest, scale)
  const counts = Array.from({ length: indexOf(highest, scale) - offset + 1 }, () => 0)
  for (const [seconds, samples] of positive) counts[indexOf(seconds, scale) - offset]! += samples
  return { ...whole, scale, offset, counts }
}

/** The power of the base that is below a value, and the next one not. */
function indexOf(value: number, scale: number): number {
  return Math.ceil(Math.log2(value) * 2 ** scale) - 1
}
