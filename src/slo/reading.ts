import type { Bounds, LatencySummary } from '../result/latency-summary.ts'
import { formatCount, formatDuration } from '../units.ts'
import type { Bracket } from './bracket.ts'
import type { Observation } from './observation.ts'

/** The value of an indicator, and what a person must know where the two ends of its bracket lead to different verdicts. */
export interface Reading extends Bracket {
  readonly caveat: string
}

export const latencyGroups = ['latency', 'serviceTime', 'handshake'] as const

export type LatencyGroup = (typeof latencyGroups)[number]

/** A percentile of a latency in milliseconds, 0 to 100; see {@link readLatency}. */
export function readPercentile(observation: Observation, group: LatencyGroup, percentile: number): Reading {
  return readLatency(observation, group, (of, endless) => percentileWith(observation[of], percentile, endless))
}

/** The mean of a latency in milliseconds; see {@link readLatency}. */
export function readMean(observation: Observation, group: LatencyGroup): Reading {
  return readLatency(observation, group, (of, endless) => meanWith(observation, of, endless))
}

/**
 * Pings that never got an answer, and connections that never opened, are infinitely slow. Pings that were due but never
 * sent might have been: they move the ceiling of the response time, not its floor. Under a saturated generator the floor
 * is that of a service time without timeouts: that pings left late, or were not looked after in time, is its own doing.
 *
 * @param figure of the samples of a group, and of so many more that are infinitely slow
 */
function readLatency(
  { pings, connections, generatorSaturated, heldBack }: Observation,
  group: LatencyGroup,
  figure: (group: LatencyGroup, endless: number) => Bounds,
): Reading {
  const unanswered = group === 'handshake' ? connections.failed : pings.timedOut + pings.lost
  const unsent = group === 'latency' ? pings.dropped : 0
  const seen = figure(group, unanswered)
  const bracket = {
    measured: seen.ceiling,
    floor: generatorSaturated && group !== 'handshake' ? figure('serviceTime', pings.lost).floor : seen.floor,
    ceiling: figure(group, unanswered + unsent).ceiling,
  }
  return { ...bracket, caveat: latencyCaveat(bracket, pings, group === 'latency' ? heldBack : 0) }
}

function percentileWith(summary: LatencySummary, percentile: number, endless: number): Bounds {
  const amongMeasured = (percentile * (summary.count + endless)) / summary.count
  if (amongMeasured > 100 + 1e-9) return { floor: Infinity, ceiling: Infinity }
  return summary.bounds(Math.min(amongMeasured, 100))
}

/** A ping's service time cannot be less certain than its response time: both end between the same two polls. */
function meanWith(observation: Observation, group: LatencyGroup, endless: number): Bounds {
  if (endless > 0) return { floor: Infinity, ceiling: Infinity }
  const { latency, latencyFloor } = observation
  const ceiling = observation[group].mean
  const width = group === 'handshake' ? 0 : latency.mean - latencyFloor.mean
  return { floor: Math.max(0, ceiling - width), ceiling }
}

function latencyCaveat(
  { measured, floor, ceiling }: Bracket,
  { dropped, due, timedOut }: Observation['pings'],
  heldBack: number,
): string {
  if (measured === Infinity) return saturationCaveat(timedOut, 'timed-out')
  if (ceiling - measured > measured - floor) {
    return `${formatCount(dropped)} of ${formatCount(due)} due pings were never sent, and may have been slow`
  }
  const range = `the generator cannot tell, it lies between ${formatDuration(floor)} and ${formatDuration(ceiling)}`
  if (heldBack === 0) return range
  const cure = 'take more connections, or raise maxPendingPongs if the server allows it'
  return `${range}; ${formatCount(heldBack)} pings waited for answers to others: ${cure}`
}

/** The failed share of the pings that were due, of which a saturated generator may have failed some itself. */
export function readErrorRate({ errorRate, pings, generatorSaturated }: Observation): Reading {
  return {
    ...readFact(errorRate),
    floor: generatorSaturated ? pings.lost / pings.due : errorRate,
    caveat: saturationCaveat(pings.dropped + pings.timedOut, 'dropped or timed-out'),
  }
}

/** Pings that failed in a way that may be a saturated generator's own doing. */
export function readFailures({ pings, generatorSaturated }: Observation, kind: 'timedOut' | 'dropped'): Reading {
  const count = pings[kind]
  return {
    ...readFact(count),
    floor: generatorSaturated ? 0 : count,
    caveat: saturationCaveat(count, kind === 'timedOut' ? 'timed-out' : kind),
  }
}

function saturationCaveat(count: number, what: string): string {
  return `the generator was saturated, ${formatCount(count)} ${what} pings may be its own doing`
}

/** A rate per second, which a saturated generator may have kept from being higher. */
export function readRate(observation: Observation, name: 'throughput' | 'offeredRate'): Reading {
  const rate = observation[name]
  return {
    ...readFact(rate),
    ceiling: observation.generatorSaturated ? Infinity : rate,
    caveat: 'the generator was saturated, the server may be able to do more',
  }
}

/** What the generator knows for certain. */
export function readFact(value: number): Reading {
  return { measured: value, floor: value, ceiling: value, caveat: '' }
}
