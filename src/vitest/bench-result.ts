import { encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { fewestBlocks, ratioSpread, studentQuantile } from '../statistics/dependence.ts'
import type { LatencySummary } from '../result/latency-summary.ts'
import type { LoadResult } from '../result/load-result.ts'

/** How many quantiles absolute deviations are computed from. */
const quantileCount = 1_000
/** Probability on either side of a margin of error at 95 %. */
const tailProbability = 0.025

/** Statistics of a benchmark as tinybench has them: milliseconds, or events per second; `rme` is a percentage. */
export interface BenchStatistics {
  readonly mean: number
  readonly min: number
  readonly max: number
  readonly p50: number
  readonly p75: number
  readonly p99: number
  readonly p995: number
  readonly p999: number
  readonly sd: number
  readonly variance: number
  readonly aad: number
  readonly mad: number
  readonly sem: number
  readonly df: number
  readonly critical: number
  readonly moe: number
  readonly rme: number
  readonly samples: undefined
  readonly samplesCount: number
}

/**
 * A flood as a result of Vitest's benchmarks: `latency` in milliseconds with the whole HDR histogram in `latency.hdr`
 * (nanoseconds, V2 compressed, base64), `throughput` in answered pings per second. Margins of error come from batch means, so
 * that pings that are slow together do not make them too small.
 */
export function toBenchResult(result: LoadResult) {
  const { latency, slices, throughput, duration, intervals } = result
  const answered = slices.pings('answered')
  const perSecond = intervals.map((interval) => interval.throughput)
  const time = answered.map(() => slices.length / 1_000)
  return {
    state: 'completed' as const,
    latency: {
      ...latencyStatistics(latency, marginOf(slices.totals(), slices.measuredEach())),
      hdr: encodeIntoCompressedBase64(latency.histogram),
    },
    throughput: throughputStatistics(throughput, perSecond, marginOf(answered, time)),
    period: 1_000 / throughput,
    totalTime: duration,
    runtime: 'node' as const,
    runtimeVersion: result.environment.node,
    timestampProviderName: 'performanceNow' as const,
  }
}

/** A flood beside others may have fewer batches than verdicts take: its margin is wider for that. */
function marginOf(parts: ArrayLike<number>, wholes: ArrayLike<number>): number {
  const fewest = Math.max(2, Math.min(fewestBlocks, parts.length))
  return ratioSpread(parts, wholes, tailProbability, fewest).halfWidth
}

function latencyStatistics(latency: LatencySummary, moe: number): BenchStatistics {
  const { mean, min, max, p50, p75, p99, stddev: sd, count } = latency
  const values = Array.from({ length: quantileCount }, (_, nth) =>
    latency.percentile((100 * (nth + 0.5)) / quantileCount),
  )
  const extremes = { mean, min, max, p50, p75, p99, p995: latency.percentile(99.5), p999: latency.p99_9 }
  return { ...extremes, ...spread(values, mean, sd, count, moe) }
}

function throughputStatistics(mean: number, values: readonly number[], moe: number): BenchStatistics {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? mean
  const variance = average(values.map((value) => (value - mean) ** 2))
  const extremes = {
    min: at(0),
    max: at(1),
    p50: at(0.5),
    p75: at(0.75),
    p99: at(0.99),
    p995: at(0.995),
    p999: at(0.999),
  }
  return { mean, ...extremes, ...spread(values, mean, Math.sqrt(variance), values.length, moe) }
}

function spread(values: readonly number[], mean: number, sd: number, samplesCount: number, halfWidth: number) {
  const median = medianOf(values)
  const df = Math.max(1, samplesCount - 1)
  const critical = studentQuantile(1 - tailProbability, df)
  const independent = (critical * sd) / Math.sqrt(samplesCount)
  const moe = Number.isFinite(halfWidth) ? Math.max(halfWidth, independent) : independent
  return {
    sd,
    variance: sd ** 2,
    aad: average(values.map((value) => Math.abs(value - mean))),
    mad: medianOf(values.map((value) => Math.abs(value - median))),
    sem: moe / critical,
    df,
    critical,
    moe,
    rme: (100 * moe) / Math.abs(mean),
    samples: undefined,
    samplesCount,
  }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN
}
