import { type Dependence, dependenceOf, ratioSpread, type Spread, studentQuantile } from '../statistics/dependence.ts'
import type { LoadResult } from '../result/load-result.ts'
import { earlyStopDiscount, samplesNeeded, shareBounds, type Tails } from '../statistics/share.ts'
import type { Bracket as MeasuredBracket } from './bracket.ts'
import type { IndicatorReader, LatencyGroup } from './indicator.ts'

type Bracket = Omit<MeasuredBracket, 'measured'>

/** Neighbouring buckets of a slice's histogram are at most this far apart, with a little to spare. */
const bucketWidth = 0.02

/** Between which values an indicator truly lies, and what that is known from. */
export interface Evidence {
  /** In the indicator's unit; the generator's bracket is within. Infinite where nothing bounds it. */
  readonly low: number
  readonly high: number
  /** What was sampled: pings, connections; 0 for a plain fact about the run. */
  readonly samples: number
  /** Number of independent samples that would tell as much; 0 for a plain fact about the run. */
  readonly effectiveSamples: number
  /** How many samples it would have to tell as much as, at least, to be bounded on both sides; 0 if any number does. */
  readonly samplesNeeded: number
  /** Whether the samples' dependence on each other was seen to end within the run. */
  readonly resolved: boolean
}

/** What would be known of a run that went on in the same way for this many times as long. */
export type Outlook = (times: number) => Evidence

/** Limits that are tried for a percentile: four for each halving of the share beyond. */
const rungs = 4
/** Fewer pings than this beyond a limit do not tell how they depend on each other; more of them, a bit below, do. */
const fewest = 10
const independent: Dependence = { designEffect: 1, resolved: true }

/**
 * What a run tells about an indicator beyond the value it had: an interval that the true value lies in, up to the given
 * error probabilities. Facts about the run, counts, minimum and maximum, are what they are.
 *
 * That the true p99 is below some latency says that the share of pings slower than that is below 1 %, so a percentile is
 * bounded by the nearest latencies for which this is sure ({@link shareBounds}); the share of errors likewise. Means and
 * rates have batch means ({@link ratioSpread}).
 */
export function evidenceFor(
  result: LoadResult,
  { statistic, read }: IndicatorReader,
  limit: number,
  tails: Tails,
): Outlook {
  const { floor, ceiling } = read(result)
  const bracket = { floor, ceiling }
  switch (statistic.type) {
    case 'fact':
      return () => fact(bracket)
    case 'share':
      // That there is none at all is a fact as well: no number of pings shows that there never is an error.
      return limit === 0 ? () => fact(bracket) : shareEvidence(result, bracket, limit, tails)
    case 'mean':
      return meanEvidence(result, statistic.of, bracket, tails)
    case 'rate':
      return rateEvidence(result, statistic.of, bracket, tails)
    case 'percentile':
      return percentileEvidence(result, { ...statistic, read }, tails)
  }
}

/** Milliseconds that a run is taken to have lasted when it comes to what it cannot have seen. */
function trustedDuration({ duration, looks }: Pick<LoadResult, 'duration' | 'looks'>): number {
  return looks.planned > 1 ? duration / earlyStopDiscount : duration
}

function fact({ floor, ceiling }: Bracket): Evidence {
  return { low: floor, high: ceiling, samples: 0, effectiveSamples: 0, samplesNeeded: 0, resolved: true }
}

function percentileEvidence(
  result: LoadResult,
  { of, percentile, read }: { of: LatencyGroup; percentile: number; read: IndicatorReader['read'] },
  tails: Tails,
): Outlook {
  const { samples, duration, dependenceAt, worst } = sampling(result, of, smaller(tails))
  const beyond = 1 - percentile / 100
  const at = (share: number) => read(result, 100 * (1 - share))
  const bounds = (share: number, times: number) => {
    const { designEffect } = dependenceAt(share)
    return shareBounds(share, { effectiveSamples: (samples / designEffect) * times, duration: duration * times }, tails)
  }
  return (times) => {
    const slower = stepsUp(beyond, 1).find((share) => bounds(share, times).lower > beyond)
    const faster = stepsDown(beyond, 1 / samples).find((share) => bounds(share, times).upper < beyond)
    const { designEffect, resolved } = worst()
    return {
      low: slower === undefined ? 0 : at(slower).floor,
      high: faster === undefined ? Infinity : at(faster).ceiling,
      samples,
      effectiveSamples: (samples / designEffect) * times,
      samplesNeeded: samplesNeeded(percentile, duration * times, tails.upper),
      resolved,
    }
  }
}

function stepsUp(from: number, to: number): number[] {
  const count = Math.ceil(Math.log2(to / from) * rungs)
  return [...Array.from({ length: count }, (_, nth) => from * 2 ** (nth / rungs)), to]
}

function stepsDown(from: number, to: number): number[] {
  const count = Math.max(0, Math.ceil(Math.log2(from / to) * rungs))
  return [...Array.from({ length: count }, (_, nth) => from * 2 ** (-nth / rungs)), 0]
}

/** How many samples there are of a latency, over how long, and how far the slowest of them depend on each other. */
function sampling(result: LoadResult, of: LatencyGroup, tail: number) {
  const { connections, slices, latency } = result
  if (of === 'handshake') {
    // Connections are opened once, as fast as the server lets them: there is no time that they speak about.
    return {
      samples: connections.opened + connections.failed,
      duration: Infinity,
      dependenceAt: () => independent,
      worst: () => independent,
    }
  }
  const unanswered = sumOf(slices.pings('timedOut'), slices.pings('lost'))
  const trials = sumOf(slices.pings('answered'), unanswered)
  const samples = total(trials)
  const known = new Map<number, Dependence>()
  const dependenceAt = (share: number): Dependence => {
    const wanted = Math.max(share, fewest / samples)
    const before = known.get(wanted)
    if (before !== undefined) return before
    const answered = 1 - (wanted * samples - total(unanswered)) / Math.max(1, latency.count)
    const ms = answered >= 1 ? Infinity : latency.percentile(100 * Math.max(0, answered))
    // Many pings may have exactly that latency: on either side of it.
    const sides = [ms * (1 - bucketWidth), ms * (1 + bucketWidth)].map((side) =>
      sumOf(slices.slowerThan(side), unanswered),
    )
    const dependence = sides
      .filter((hits) => total(hits) >= fewest)
      .map((hits) => dependenceOf(hits, trials, tail))
      .reduce(larger, independent)
    known.set(wanted, dependence)
    return dependence
  }
  const worst = (): Dependence => [...known.values()].reduce(larger, independent)
  return { samples, duration: trustedDuration(result), dependenceAt, worst }
}

function shareEvidence(
  { slices, pings, connections, ...result }: LoadResult,
  { floor, ceiling }: Bracket,
  limit: number,
  tails: Tails,
): Outlook {
  const failed = sumOf(slices.pings('timedOut'), slices.pings('lost'), slices.pings('dropped'))
  const due = sumOf(slices.pings('sent'), slices.pings('dropped'))
  const { designEffect, resolved } = dependenceOf(failed, due, smaller(tails))
  const samples = pings.due + connections.requested
  const duration = trustedDuration(result)
  return (times) => {
    const evidence = { effectiveSamples: (samples / designEffect) * times, duration: duration * times }
    return {
      low: shareBounds(floor, evidence, tails).lower,
      high: shareBounds(ceiling, evidence, tails).upper,
      samples: pings.due,
      effectiveSamples: evidence.effectiveSamples,
      samplesNeeded: samplesNeeded(100 * (1 - limit), evidence.duration, tails.upper),
      resolved,
    }
  }
}

/** Mean of the latencies by slices; that of handshakes as if connections were independent of each other. */
function meanEvidence(
  { slices, connections, latency, ...result }: LoadResult,
  of: LatencyGroup,
  { floor, ceiling }: Bracket,
  tails: Tails,
): Outlook {
  const counts = slices.pings('answered')
  const samples = of === 'handshake' ? connections.opened : total(counts)
  const { mean, stddev } = of === 'latency' ? latency : result[of]
  const standardError = stddev / Math.sqrt(samples)
  const spread = (tail: number): Spread => {
    const independent = studentQuantile(1 - tail, Math.max(1, samples - 1)) * standardError
    if (of === 'handshake') return { halfWidth: samples < 2 ? Infinity : independent, resolved: true }
    const { halfWidth, resolved } = ratioSpread(slices.totals(), counts, tail)
    return { halfWidth: Math.max(independent, (halfWidth * mean) / latency.mean), resolved }
  }
  return around(floor, ceiling, spread, tails, samples)
}

/** A rate by slices: its samples are slices, not pings. */
function rateEvidence(
  { slices, duration }: LoadResult,
  of: 'answered' | 'sent',
  { floor, ceiling }: Bracket,
  tails: Tails,
): Outlook {
  const seconds = Float64Array.from({ length: slices.count }, (_, nth) => {
    return Math.max(0, Math.min(slices.length, duration - nth * slices.length)) / 1_000
  })
  const spread = (tail: number): Spread => ratioSpread(slices.pings(of), seconds, tail)
  return around(floor, ceiling, spread, tails, slices.count)
}

function around(
  floor: number,
  ceiling: number,
  spread: (tail: number) => Spread,
  tails: Tails,
  samples: number,
): Outlook {
  const [below, above] = [spread(tails.lower), spread(tails.upper)]
  return (times) => ({
    low: Math.max(0, floor - below.halfWidth / Math.sqrt(times)),
    high: ceiling + above.halfWidth / Math.sqrt(times),
    samples,
    effectiveSamples: 0,
    samplesNeeded: 0,
    resolved: above.resolved,
  })
}

function smaller({ lower, upper }: Tails): number {
  return Math.min(lower, upper)
}

function larger(one: Dependence, other: Dependence): Dependence {
  return other.designEffect > one.designEffect ? other : one
}

function sumOf(...series: readonly Float64Array[]): Float64Array {
  return series[0]!.map((_, nth) => series.reduce((sum, one) => sum + one[nth]!, 0))
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}
