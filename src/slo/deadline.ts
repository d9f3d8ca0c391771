import { isLatencyOfPings, type Objective } from './objective.ts'

/** Indicators of what is lost. */
const ofLosses = new Set(['lost', 'errorRate', 'reach', 'missed'])

/**
 * The age in milliseconds at which an unanswered ping has missed every limit on a latency. It is not lost before its
 * timeout, so where an objective has a bound on that, none has.
 */
export function latencyDeadline(objectives: readonly Objective[]): number {
  if (hasLosses(objectives)) return Infinity
  const latencies = objectives.filter(isLatencyOfPings)
  return latencies.length === 0 ? Infinity : Math.max(...latencies.map(({ limit }) => limit))
}

/** Whether an objective has a bound on what is lost: what is, is known only after its timeout. */
export function hasLosses(objectives: readonly Objective[]): boolean {
  return objectives.some(({ indicator }) => ofLosses.has(indicator))
}

/** The lowest bound in milliseconds on a latency that has to be kept; Infinity if there is none. */
export function tightestLatencyBound(
  objectives: readonly Pick<Objective, 'kind' | 'indicator' | 'level' | 'limit'>[],
): number {
  const bounded = objectives.filter((one) => one.level === 'fail' && isLatencyOfPings(one))
  return Math.min(...bounded.map(({ limit }) => limit))
}
