import { findIndicator } from './indicator.ts'
import { isLatencyOfPings, type Objective } from './objective.ts'

/** Indicators of what does not leave, or is lost. */
const ofLosses = new Set(['dropped', 'lost', 'errorRate', 'reach', 'missed'])

/**
 * The age in milliseconds at which an unanswered ping has missed every limit on a latency. Where an objective has a bound on what
 * is known of it only when it is settled, none has.
 */
export function latencyDeadline(objectives: readonly Objective[]): number {
  if (dependsOnSettling(objectives)) return Infinity
  const latencies = objectives.filter(isLatencyOfPings)
  return latencies.length === 0 ? Infinity : Math.max(...latencies.map(({ limit }) => limit))
}

/** Whether an objective has a bound on what is known of a ping only when it is settled: that it is lost, or what it adds to a mean. */
export function dependsOnSettling(objectives: readonly Objective[]): boolean {
  return objectives.some((one) => ofLosses.has(one.indicator) || (isLatencyOfPings(one) && isMean(one)))
}

/** Whether an objective is about when the first one has a message. */
export function isOfFirst({ indicator }: Objective): boolean {
  return findIndicator(indicator)?.subject === 'first'
}

function isMean({ indicator }: Objective): boolean {
  return findIndicator(indicator)?.statistic.type === 'mean'
}

/** The lowest bound in milliseconds on a latency that has to be kept; Infinity if there is none. */
export function tightestLatencyBound(
  objectives: readonly Pick<Objective, 'kind' | 'indicator' | 'level' | 'limit'>[],
): number {
  const bounded = objectives.filter((one) => one.level === 'fail' && isLatencyOfPings(one))
  return Math.min(...bounded.map(({ limit }) => limit))
}
