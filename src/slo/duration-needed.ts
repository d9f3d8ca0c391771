import { earlyStoppingDivisor, samplesNeeded } from '../statistics/share.ts'
import { findIndicator } from './indicator.ts'
import type { Objective } from './objective.ts'
import { isOfEachConnection } from './reading.ts'
import type { SLOVerdict } from './verdict.ts'

/** What a run is like that an objective is to be judged by, and that ends as soon as it is decided. */
export interface RunShape {
  readonly pingsPerMs: number
  /** Whether server or machine stand still now and then for about as long as the limit of a latency. */
  readonly stalls: boolean
  /** Probability of a pass of an objective that is truly missed at one of its looks, above 0 and below 0.5. */
  readonly falsePass: number
}

/** No objective that a run of this many milliseconds cannot decide is given a length. */
export const longestMs = 86_400_000
/** Lengths that are put into words: seconds up to a minute and a half, then minutes, then hours. */
const roundLengths = [
  ...[1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 90].map((seconds) => seconds * 1_000),
  ...[2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 90].map((minutes) => minutes * 60_000),
  ...[2, 3, 4, 6, 8, 12, 24].map((hours) => hours * 3_600_000),
]

/**
 * How many milliseconds a run may have to last until it can pass an objective, however good the server is: it takes so many
 * independent samples ({@link samplesNeeded}), and slow pings come in bunches. A single stall makes all pings of that time
 * slow, and too slow for the objective if it is as long as the limit: where that happens, a run has no more independent
 * samples than such stalls would fit into it, else as many as pings. So this is a matter of the objective and the machine, and
 * hardly of what a single run happened to see.
 *
 * @returns a round number; `undefined` if it is not a matter of time: facts, means, rates, handshakes, sessions, more than a day
 */
export function durationNeeded(
  { indicator, limit }: Pick<Objective, 'indicator' | 'limit'>,
  { pingsPerMs, stalls, falsePass }: RunShape,
): number | undefined {
  const { statistic } = findIndicator(indicator)!
  const isLatency = statistic.type === 'percentile' && !isOfEachConnection(statistic.of)
  const isShare = statistic.type === 'share' && statistic.of !== 'connections' && limit > 0 && limit < 1
  if (!isLatency && !isShare) return undefined
  const ofGood = statistic.type === 'share' && statistic.of === 'deliveries' ? limit : 1 - limit
  const percentile = isLatency ? statistic.percentile : 100 * ofGood
  const msPerSample = Math.max(1 / pingsPerMs, isLatency && stalls ? limit : 0)
  const suffices = (duration: number): boolean =>
    duration / msPerSample >= samplesNeeded(percentile, duration / earlyStoppingDivisor, falsePass)
  let duration = 1
  while (!suffices(duration) && duration < longestMs) duration *= 1.01
  return duration < longestMs ? roundLength(duration) : undefined
}

/** How many milliseconds a run may have to last until it can pass all of these; 0 if that is no matter of time. */
export function longestNeededFor(objectives: readonly Objective[], shape: RunShape): number {
  return Math.max(0, ...objectives.map((objective) => durationNeeded(objective, shape) ?? 0))
}

/** The next length that is easily said; a day for all that is longer. */
export function roundLength(ms: number): number {
  return roundLengths.find((length) => length >= ms) ?? longestMs
}

/** How many milliseconds a run has to last until all of its objectives are decided; `undefined` if that is not what it lacks. */
export function longestNeeded({ verdict, objectives }: SLOVerdict): number | undefined {
  const lengths = objectives
    .filter(({ level }) => level === 'fail')
    .flatMap(({ durationNeeded: length }) => length ?? [])
  return verdict === 'inconclusive' && lengths.length > 0 ? Math.max(...lengths) : undefined
}
