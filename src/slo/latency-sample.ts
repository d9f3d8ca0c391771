import { type Dependence, dependenceOf, independent, larger } from '../statistics/dependence.ts'
import { sum, sumEach } from '../statistics/sum.ts'
import { type Observation, trustedDuration } from './observation.ts'
import { isOfEachConnection, type LatencyGroup, withoutSample } from './reading.ts'

/** The samples that a percentile of a latency is known from; those without an answer are the slowest of them. */
export interface LatencySample {
  /** How many pings, or connections. */
  readonly count: number
  /** Milliseconds that they speak about. */
  readonly duration: number
  /** How far samples depend on each other in whether they are among the slowest `share` of them, 0 to 1. */
  readonly dependenceOfSlowest: (share: number) => Dependence
}

/** Fewer slow pings than this do not tell how they depend on each other; more of them, a bit less slow, do. */
const fewestSlowPings = 10
/** Neighbouring buckets of a slice's histogram are at most this far apart, with a little to spare. */
const bucketWidthShare = 0.02

/** @param tail the error probability of the bound it is meant for, above 0 and below 0.5 */
export function latencySample(observation: Observation, group: LatencyGroup, tail: number): LatencySample {
  return isOfEachConnection(group) ? eachConnection(observation, group) : pings(observation, tail)
}

/** Connections are opened once, as fast as the server lets them: there is no time that they speak about. */
function eachConnection(observation: Observation, group: 'handshake' | 'session'): LatencySample {
  return {
    count: observation[group].count + withoutSample(observation, group),
    duration: Infinity,
    dependenceOfSlowest: () => independent,
  }
}

/** Service times are taken to depend on each other as response times do, which are what slices keep. */
function pings(observation: Observation, tail: number): LatencySample {
  const { slices, latency } = observation
  const unanswered = sumEach(slices.pings('timedOut'), slices.pings('lost'))
  const trials = sumEach(slices.measuredEach(), unanswered)
  const count = sum(trials)
  const exceededBy = (share: number): number => {
    const fasterShare = 1 - (share * count - sum(unanswered)) / Math.max(1, latency.count)
    return fasterShare >= 1 ? Infinity : latency.percentile(100 * Math.max(0, fasterShare))
  }
  const dependenceBeyond = (ms: number): Dependence => {
    const slow = sumEach(slices.slowerThan(ms), unanswered)
    return ofMessages(sum(slow) >= fewestSlowPings ? dependenceOf(slow, trials, tail) : independent, observation)
  }
  const dependenceAt = remember((share: number): Dependence => {
    const ms = exceededBy(share)
    // Many pings may have exactly that latency: on either side of it.
    return [ms * (1 - bucketWidthShare), ms * (1 + bucketWidthShare)].map(dependenceBeyond).reduce(larger)
  })
  return {
    count,
    duration: trustedDuration(observation),
    dependenceOfSlowest: (share) => dependenceAt(Math.max(share, fewestSlowPings / count)),
  }
}

/**
 * Of deliveries: those of one message are no independent samples. The share of a message's deliveries that are slow, or missed,
 * lies between 0 and 1, so that the variance of its mean over messages is that of as many independent deliveries at most.
 */
export function ofMessages(dependence: Dependence, { samplesPerMessage }: Observation): Dependence {
  return { ...dependence, designEffect: Math.max(dependence.designEffect, samplesPerMessage) }
}

function remember<T>(compute: (value: number) => T): (value: number) => T {
  const known = new Map<number, T>()
  return (value) => {
    const before = known.get(value)
    if (before !== undefined) return before
    const result = compute(value)
    known.set(value, result)
    return result
  }
}
