import { isLatencyOfPings, type Objective } from './objective.ts'

/**
 * The age in milliseconds at which an unanswered ping has missed every limit on a latency. It is not lost before its
 * timeout, so where an objective has a bound on that, none has.
 */
export function latencyDeadline(objectives: readonly Objective[]): number {
  if (objectives.some(({ indicator }) => indicator === 'lost' || indicator === 'errorRate')) return Infinity
  const latencies = objectives.filter(isLatencyOfPings)
  return latencies.length === 0 ? Infinity : Math.max(...latencies.map(({ limit }) => limit))
}
