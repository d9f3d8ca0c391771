import { sum, sumEach } from '../statistics/sum.ts'
import { findIndicator } from './indicator.ts'
import type { Objective } from './objective.ts'
import type { Observation } from './observation.ts'
import { isOfEachConnection } from './reading.ts'

/** The pings that an objective counts against the server. */
export interface SlowPings {
  /** What they are. */
  readonly samples: Observation['samples']
  /** Of how many. */
  readonly judged: number
  readonly slow: number
  /** How many times some came one after the other; `undefined` if they did not come in bunches. */
  readonly bunches: number | undefined
}

/** In bunches of fewer than this on average pings are not slow together. */
const smallestBunch = 2
/** Where slow pings are found in more than this share of the slices they have no bunches. */
const largestShareOfSlices = 0.5

/**
 * Which pings were slower than the limit, or failed, and how far they came together; a bunch ends with a slice in which none
 * of the pings was slow.
 * @returns `undefined` of an indicator that is no share of pings
 */
export function findSlowPings(
  { slices, samples }: Observation,
  { indicator, limit }: Pick<Objective, 'indicator' | 'limit'>,
): SlowPings | undefined {
  const { statistic } = findIndicator(indicator)!
  if (statistic.type === 'share' && statistic.of !== 'connections') {
    return { samples, ...countBunches(slices.failedEach(), slices.judgedEach()) }
  }
  if (statistic.type !== 'percentile' || isOfEachConnection(statistic.of)) return undefined
  const unanswered = sumEach(slices.pings('timedOut'), slices.pings('lost'))
  const slow = sumEach(slices.slowerThan(limit), unanswered)
  return { samples, ...countBunches(slow, sumEach(slices.measuredEach(), unanswered)) }
}

function countBunches(slow: Float64Array, judged: Float64Array): Omit<SlowPings, 'samples'> {
  const tried = slow.filter((_, nth) => judged[nth]! > 0)
  const bunches = tried.filter((count, nth) => count > 0 && !(tried[nth - 1]! > 0)).length
  const slices = tried.filter((count) => count > 0).length
  const total = sum(slow)
  const areTogether = total >= smallestBunch * bunches && slices <= largestShareOfSlices * tried.length
  return { judged: sum(judged), slow: total, bunches: areTogether && bunches > 0 ? bunches : undefined }
}
