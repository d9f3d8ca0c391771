import {
  type Dependence,
  dependenceOf,
  independent,
  larger,
  ratioSpread,
  type Spread,
  studentQuantile,
} from '../statistics/dependence.ts'
import { samplesNeeded, shareBounds, type Tails } from '../statistics/share.ts'
import { sum, sumEach } from '../statistics/sum.ts'
import type { Bracket } from './bracket.ts'
import type { IndicatorReader, Statistic } from './indicator.ts'
import { latencySample, ofMessages } from './latency-sample.ts'
import { type Observation, trustedDuration } from './observation.ts'
import { isOfEachConnection, type LatencyGroup, readMean, readPercentile } from './reading.ts'

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

/** Of something that was not measured. */
export const noEvidence: Evidence = {
  low: NaN,
  high: NaN,
  samples: 0,
  effectiveSamples: 0,
  samplesNeeded: 0,
  resolved: false,
}

/** What would be known of a run that went on in the same way for this many times as long; 1 is the run itself. */
export type Extrapolation = (times: number) => Evidence

/** Latencies that are tried as bounds of a percentile, for each doubling or halving of the odds that a ping exceeds them. */
const boundsPerOctave = 4

/**
 * What a run tells about an indicator beyond the value it had: a confidence interval, whose ends err with the given
 * probabilities. Facts about the run, counts, minimum and maximum, are what they are.
 *
 * That the true p99 is below some latency says that the share of pings slower than that is below 1 %, so a percentile is
 * bounded by the nearest latencies for which this is sure ({@link shareBounds}); the share of errors likewise. Means and
 * rates have batch means ({@link ratioSpread}).
 *
 * @param limit that the indicator is held against
 */
export function evidenceFor(
  observation: Observation,
  reader: IndicatorReader,
  limit: number,
  tails: Tails,
): Extrapolation {
  const { statistic, read } = reader
  const bracket = read(observation)
  if (statistic.type === 'fact' || isFact(reader, limit)) return () => fact(bracket)
  switch (statistic.type) {
    case 'share':
      return statistic.of === 'deliveries'
        ? complement(
            shareEvidence(deliveryShare(observation, swapped(tails)), complementOf(bracket), 1 - limit, swapped(tails)),
          )
        : shareEvidence(shareSample(observation, statistic.of, tails), bracket, limit, tails)
    case 'work':
      return workEvidence(observation, statistic.per, bracket, tails)
    case 'rate':
      return rateEvidence(observation, statistic.of, bracket, tails)
    default:
      return latencyEvidence(observation, statistic, tails)
  }
}

/**
 * Whether an indicator that is held against a limit is a plain fact about the run. That there is no error at all is one as
 * well: no number of pings shows that there never is an error, nor that every delivery comes.
 */
export function isFact({ statistic }: IndicatorReader, limit: number): boolean {
  return statistic.type === 'fact' || (statistic.type === 'share' && limit === (statistic.of === 'deliveries' ? 1 : 0))
}

/** {@link evidenceFor} a percentile or the mean of a latency, whatever it is held against. */
export function latencyEvidence(
  observation: Observation,
  statistic: Extract<Statistic, { type: 'percentile' | 'mean' }>,
  tails: Tails,
): Extrapolation {
  return statistic.type === 'mean'
    ? meanEvidence(observation, statistic.of, readMean(observation, statistic.of), tails)
    : percentileEvidence(observation, statistic, tails)
}

function fact({ floor, ceiling }: Bracket): Evidence {
  return { low: floor, high: ceiling, samples: 0, effectiveSamples: 0, samplesNeeded: 0, resolved: true }
}

/**
 * What a run tells about a percentile of a latency. It is above a latency that surely more pings exceed than are beyond
 * the percentile, and below one that surely fewer do. Of all latencies that are tried the largest dependence counts.
 */
export function percentileEvidence(
  observation: Observation,
  { of, percentile }: { readonly of: LatencyGroup; readonly percentile: number },
  tails: Tails,
): Extrapolation {
  const sample = latencySample(observation, of, Math.min(tails.lower, tails.upper))
  const shareBeyond = 1 - percentile / 100
  const latencyExceededBy = (share: number): Bracket => readPercentile(observation, of, 100 * (1 - share))
  return (times) => {
    const duration = sample.duration * times
    const effectiveSamples = ({ designEffect }: Dependence): number => (sample.count / designEffect) * times
    let dependence = independent
    const trueShare = (share: number) => {
      const atLimit = sample.dependenceOfSlowest(share)
      dependence = larger(dependence, atLimit)
      const { octaveVariance } = atLimit
      return shareBounds(share, { effectiveSamples: effectiveSamples(atLimit), duration, octaveVariance }, tails)
    }
    const surelyMore = sharesUpFrom(shareBeyond, sample.count).find((share) => trueShare(share).lower > shareBeyond)
    const surelyFewer = sharesDownFrom(shareBeyond, sample.count).find((share) => trueShare(share).upper < shareBeyond)
    return {
      low: surelyMore === undefined ? 0 : latencyExceededBy(surelyMore).floor,
      high: surelyFewer === undefined ? Infinity : latencyExceededBy(surelyFewer).ceiling,
      samples: sample.count,
      effectiveSamples: effectiveSamples(dependence),
      samplesNeeded: samplesNeeded(percentile, duration, tails.upper),
      resolved: dependence.resolved,
    }
  }
}

/** Shares to try, from the given one to all of so many samples. */
function sharesUpFrom(share: number, samples: number): number[] {
  return [...sharesTowards(1 - share, samples).map((rest) => 1 - rest), 1]
}

/** Shares to try, from the given one to none of so many samples. */
function sharesDownFrom(share: number, samples: number): number[] {
  return [...sharesTowards(share, samples), 0]
}

/** Shares whose odds fall evenly, from the given one to that of one sample. */
function sharesTowards(share: number, samples: number): number[] {
  const odds = share / (1 - share)
  const count = Math.max(0, Math.ceil(Math.log2(odds * samples) * boundsPerOctave))
  return Array.from({ length: count }, (_, nth) => {
    const fallen = odds * 2 ** (-nth / boundsPerOctave)
    return fallen / (1 + fallen)
  })
}

/** What a failed share was seen in. */
interface ShareSample extends Dependence {
  /** How many pings, or connections. */
  readonly count: number
  /** Milliseconds that they speak about. */
  readonly duration: number
}

/** Connections are opened once, each taken to be independent of the others: there is no time that they speak about. */
function shareSample(observation: Observation, of: 'pings' | 'connections', tails: Tails): ShareSample {
  const { slices, pings, connections } = observation
  if (of === 'connections') return { ...independent, count: connections.requested, duration: Infinity }
  const due = sumEach(slices.pings('sent'), slices.pings('dropped'))
  const dependence = dependenceOf(slices.failedEach(), due, Math.min(tails.lower, tails.upper))
  return { ...ofMessages(dependence, observation), count: pings.due, duration: trustedDuration(observation) }
}

/** The share of deliveries that did not come. */
function deliveryShare(observation: Observation, tails: Tails): ShareSample {
  const { slices, pings } = observation
  const missed = sumEach(slices.pings('timedOut'), slices.pings('lost'))
  const dependence = dependenceOf(missed, slices.pings('sent'), Math.min(tails.lower, tails.upper))
  return { ...ofMessages(dependence, observation), count: pings.sent, duration: trustedDuration(observation) }
}

function swapped({ lower, upper }: Tails): Tails {
  return { lower: upper, upper: lower }
}

/** Of one minus a share. */
function complement(extrapolate: Extrapolation): Extrapolation {
  return (times) => {
    const { low, high, ...evidence } = extrapolate(times)
    return { ...evidence, low: 1 - high, high: 1 - low }
  }
}

function complementOf({ measured, floor, ceiling }: Bracket): Bracket {
  return { measured: 1 - measured, floor: 1 - ceiling, ceiling: 1 - floor }
}

function shareEvidence(
  { count, designEffect, octaveVariance, duration, resolved }: ShareSample,
  { floor, ceiling }: Bracket,
  limit: number,
  tails: Tails,
): Extrapolation {
  return (times) => {
    const size = { effectiveSamples: (count / designEffect) * times, duration: duration * times, octaveVariance }
    return {
      low: shareBounds(floor, size, tails).lower,
      high: shareBounds(ceiling, size, tails).upper,
      samples: count,
      effectiveSamples: size.effectiveSamples,
      samplesNeeded: samplesNeeded(100 * (1 - limit), size.duration, tails.upper),
      resolved,
    }
  }
}

/** Handshakes and sessions are taken to be independent of each other; how far pings are not, slices tell of the response times. */
function meanEvidence(observation: Observation, of: LatencyGroup, bracket: Bracket, tails: Tails): Extrapolation {
  const { slices, latency } = observation
  const { mean, stddev, count } = observation[of]
  const measured = slices.measuredEach()
  const samples = isOfEachConnection(of) ? count : sum(measured)
  const messages = isOfEachConnection(of) ? samples : samples / observation.samplesPerMessage
  const ifIndependent = (tail: number): number =>
    studentQuantile(1 - tail, Math.max(1, messages - 1)) * (stddev / Math.sqrt(messages))
  const ofConnections = (tail: number): Spread => {
    return { halfWidth: samples < 2 ? Infinity : ifIndependent(tail), resolved: true }
  }
  const ofPings = (tail: number): Spread => {
    const { halfWidth, resolved } = ratioSpread(slices.totals(), measured, tail)
    return { halfWidth: Math.max(ifIndependent(tail), (halfWidth * mean) / latency.mean), resolved }
  }
  return around(bracket, isOfEachConnection(of) ? ofConnections : ofPings, tails, samples)
}

/** A rate by slices: its samples are slices, not pings. */
function rateEvidence(
  { slices, duration, answeredEach }: Observation,
  of: 'answered' | 'sent',
  bracket: Bracket,
  tails: Tails,
): Extrapolation {
  const seconds = Float64Array.from({ length: slices.count }, (_, nth) => {
    return Math.max(0, Math.min(slices.length, duration - nth * slices.length)) / 1_000
  })
  const each = of === 'answered' ? answeredEach : slices.pings(of)
  return around(bracket, (tail) => ratioSpread(each, seconds, tail), tails, slices.count)
}

/** What a server spent varies from block to block. */
function workEvidence({ server }: Observation, per: 'ping' | 'time', bracket: Bracket, tails: Tails): Extrapolation {
  const { blocks } = server!
  const cpu = blocks.map((block) => block.cpu)
  const wholes = blocks.map(({ pings, duration }) => (per === 'ping' ? pings : duration))
  return around(bracket, (tail) => ratioSpread(cpu, wholes, tail), tails, blocks.length)
}

function around(
  { floor, ceiling }: Bracket,
  spread: (tail: number) => Spread,
  tails: Tails,
  samples: number,
): Extrapolation {
  const below = spread(tails.lower)
  const above = spread(tails.upper)
  return (times) => ({
    // One that is infinite stays so, however little is known.
    low: Number.isFinite(floor) ? Math.max(0, floor - below.halfWidth / Math.sqrt(times)) : floor,
    high: ceiling + above.halfWidth / Math.sqrt(times),
    samples,
    effectiveSamples: 0,
    samplesNeeded: 0,
    resolved: above.resolved,
  })
}
