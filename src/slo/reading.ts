import type { Bounds, LatencySummary } from '../result/latency-summary.ts'
import { formatCount, formatDuration, formatRatio } from '../units.ts'
import type { Bracket } from './bracket.ts'
import type { Observation } from './observation.ts'

/** The value of an indicator, and what a person must know where the two ends of its bracket lead to different verdicts. */
export interface Reading extends Bracket {
  readonly caveat: string
}

export const latencyGroups = ['latency', 'serviceTime', 'handshake', 'session'] as const

export type LatencyGroup = (typeof latencyGroups)[number]

/** Whether the samples of a latency are connections, and not pings. */
export function isOfEachConnection(group: string): group is 'handshake' | 'session' {
  return group === 'handshake' || group === 'session'
}

/** Attempts to connect, or to connect again, that never got so far as to have such a latency. */
export function withoutSample({ connections }: Observation, group: 'handshake' | 'session'): number {
  const { failed, failedSessions, failedReconnects } = connections
  return group === 'session' ? failedSessions : failed + failedReconnects - failedSessions
}

/** Whether a run has so many pings that it tells a percentile of their latency, 0 to 100: at least one of them is slower. */
export function isTold({ latency, pings }: Pick<Observation, 'latency' | 'pings'>, percentile: number): boolean {
  return (1 - percentile / 100) * (latency.count + pings.timedOut + pings.lost) >= 1 - 1e-9
}

/** A percentile of a latency in milliseconds, 0 to 100; see {@link readLatency}. */
export function readPercentile(observation: Observation, group: LatencyGroup, percentile: number): Reading {
  return readLatency(observation, group, (of, endless) => percentileWith(observation[of], percentile, endless))
}

/** The mean of a latency in milliseconds; see {@link readLatency}. */
export function readMean(observation: Observation, group: LatencyGroup): Reading {
  return readLatency(observation, group, (of, endless) => meanWith(observation[of], endless))
}

/**
 * Pings that never got an answer, and connections that never opened, are infinitely slow. Pings that were due but never
 * sent might have been: they move the ceiling of the response time, not its floor. Under a saturated generator the floor
 * is that of a service time without timeouts: that pings left late, or were not looked after in time, is its own doing.
 * So may be what failed after a silence of the generator.
 *
 * @param figure of the samples of a group, and of so many more that are infinitely slow
 */
function readLatency(
  observation: Observation,
  group: LatencyGroup,
  figure: (group: LatencyGroup, endless: number) => Bounds,
): Reading {
  const { pings, generatorSaturated, mayHaveTimedOut, afterSilence } = observation
  const ofConnections = isOfEachConnection(group)
  const unanswered = ofConnections ? withoutSample(observation, group) : pings.timedOut + pings.lost
  const unsent = group === 'latency' ? pings.dropped : 0
  const { timedOut, lost } = afterSilence
  const ofGenerator = ofConnections ? ownAttempts(observation) : lost + (mayHaveTimedOut ? pings.timedOut : timedOut)
  const seen = figure(group, unanswered)
  const bracket = {
    measured: seen.ceiling,
    floor: figure(generatorSaturated && !ofConnections ? 'serviceTime' : group, Math.max(0, unanswered - ofGenerator))
      .floor,
    ceiling: figure(group, unanswered + unsent).ceiling,
  }
  return { ...bracket, caveat: latencyCaveat(bracket, observation, group) }
}

function percentileWith(summary: LatencySummary, percentile: number, endless: number): Bounds {
  const amongMeasured = (percentile * (summary.count + endless)) / summary.count
  if (amongMeasured > 100 + 1e-9) return { floor: Infinity, ceiling: Infinity }
  return summary.bounds(Math.min(amongMeasured, 100))
}

function meanWith(summary: LatencySummary, endless: number): Bounds {
  return endless > 0 ? { floor: Infinity, ceiling: Infinity } : summary.meanBounds
}

function latencyCaveat({ measured, floor, ceiling }: Bracket, observation: Observation, group: LatencyGroup): string {
  const { dropped, due, timedOut, lost } = observation.pings
  if (measured === Infinity) {
    if (isOfEachConnection(group)) {
      return ownConnectionsCaveat(observation, 'failed', group === 'session' ? 'failed sessions' : 'failed connections')
    }
    return observation.mayHaveTimedOut
      ? ownDoing(observation.generatorSaturated, timedOut, `timed-out ${observation.samples}`)
      : ownDoing(observation.generatorSaturated, timedOut + lost, `unanswered ${observation.samples}`)
  }
  if (ceiling - measured > measured - floor) {
    return `${formatCount(dropped)} of ${formatCount(due)} due ${observation.samples} were never sent, and may have been slow`
  }
  const heldBack = group === 'latency' ? observation.heldBack : 0
  const range = `the generator cannot tell, it lies between ${formatDuration(floor)} and ${formatDuration(ceiling)}`
  return heldBack === 0 ? range : `${range}; ${describeHeldBack(heldBack)}`
}

/** That so many pings waited for the generator's own limit on pings under way, and the cure. */
export function describeHeldBack(heldBack: number): string {
  const cure = 'take more connections, or raise maxPendingPongs if the server allows it'
  return `${formatCount(heldBack)} pings waited for answers to others: ${cure}`
}

/** The failed share of the pings that were due, of which the generator may have failed some itself. */
export function readErrorRate(observation: Observation): Reading {
  const { errorRate, pings, generatorSaturated, mayHaveTimedOut, afterSilence } = observation
  const dropped = generatorSaturated ? pings.dropped : afterSilence.dropped
  const timedOut = mayHaveTimedOut ? pings.timedOut : afterSilence.timedOut
  const ofGenerator = dropped + timedOut + afterSilence.lost
  const failed = pings.dropped + pings.timedOut + pings.lost
  return {
    ...readFact(errorRate),
    floor: ofGenerator === 0 ? errorRate : Math.max(0, failed - ofGenerator) / pings.due,
    caveat: generatorSaturated
      ? ownDoing(observation.generatorSaturated, dropped + timedOut, `dropped or timed-out ${observation.samples}`)
      : ownDoing(observation.generatorSaturated, ofGenerator, `failed ${observation.samples}`),
  }
}

/** Pings that failed in a way that may be the generator's own doing. */
export function readFailures(observation: Observation, kind: 'timedOut' | 'lost' | 'dropped'): Reading {
  const { pings, generatorSaturated, mayHaveTimedOut, afterSilence } = observation
  const count = pings[kind]
  const isOwn = { timedOut: mayHaveTimedOut, lost: false, dropped: generatorSaturated }[kind]
  const ofGenerator = isOwn ? count : afterSilence[kind]
  return {
    ...readFact(count),
    floor: Math.max(0, count - ofGenerator),
    caveat: ownDoing(
      observation.generatorSaturated,
      count,
      `${kind === 'timedOut' ? 'timed-out' : kind} ${observation.samples}`,
    ),
  }
}

/** The expected deliveries that did not come; those of messages that were never published may not have come either. */
export function readMissed(observation: Observation): Reading {
  const { pings } = observation
  const missed = pings.timedOut + pings.lost
  const ofGenerator = missedByGenerator(observation)
  return {
    ...readFact(missed),
    floor: missed - ofGenerator,
    ceiling: missed + pings.dropped,
    caveat: missedCaveat(observation, ofGenerator),
  }
}

/**
 * The share of the expected deliveries that came, which would have been more if the generator had been able to see them, and
 * may have been less if all messages had been published.
 */
export function readReach(observation: Observation): Reading {
  const { sent, answered, dropped } = observation.pings
  const ofGenerator = missedByGenerator(observation)
  return {
    measured: answered / sent,
    floor: answered / (sent + dropped),
    ceiling: (answered + ofGenerator) / sent,
    caveat: missedCaveat(observation, ofGenerator),
  }
}

function missedCaveat(observation: Observation, ofGenerator: number): string {
  const { due = 0, dropped = 0 } = observation.fanOut?.completion.pings ?? {}
  if (ofGenerator > 0) return ownDoing(observation.mayHaveTimedOut, ofGenerator, 'missed deliveries')
  return `${formatCount(dropped)} of ${formatCount(due)} due messages were never published`
}

function missedByGenerator({ pings, mayHaveTimedOut, afterSilence }: Observation): number {
  return Math.min(
    pings.timedOut + pings.lost,
    afterSilence.lost + (mayHaveTimedOut ? pings.timedOut : afterSilence.timedOut),
  )
}

/** Connections that ended before the run did, which a generator that was silent may have caused. */
export function readClosedEarly(observation: Observation): Reading {
  const { closedEarly } = observation.connections
  const ofGenerator = ownConnections(observation, 'closedEarly')
  return {
    ...readFact(closedEarly),
    floor: closedEarly - ofGenerator,
    caveat: ownConnectionsCaveat(observation, 'closedEarly', 'of them'),
  }
}

/** Attempts to open connections again, which would have been fewer if the generator had not been silent. */
export function readReconnects(observation: Observation): Reading {
  const { reconnects } = observation.connections
  const ofGenerator = Math.min(reconnects, ownConnections(observation, 'closedEarly') + ownAttempts(observation))
  return {
    ...readFact(reconnects),
    floor: reconnects - ofGenerator,
    caveat: ownConnectionsCaveat(observation, 'closedEarly', 'of the early ends'),
  }
}

/** The share of connections that never opened, as some would have if the generator had not been silent. */
export function readConnectErrorRate(observation: Observation): Reading {
  const { connections, connectErrorRate } = observation
  const { requested, failed } = connections
  const ofGenerator = ownConnections(observation, 'failed')
  return {
    ...readFact(connectErrorRate),
    floor: ofGenerator === 0 ? connectErrorRate : (failed - ofGenerator) / requested,
    caveat: ownConnectionsCaveat(observation, 'failed', 'of them'),
  }
}

/** Connections that opened, as more would have if the generator had not been silent, and its machine had allowed them. */
export function readOpened(observation: Observation): Reading {
  const { opened } = observation.connections
  const ofGenerator = ownConnections(observation, 'failed')
  const caveat = ownConnectionsCaveat(observation, 'failed', 'that failed')
  return { ...readFact(opened), ceiling: opened + ofGenerator, caveat }
}

/** Connections that failed, or ended early, for a limit of this machine, or perhaps for a silence of the generator. */
function ownConnections(
  { connections, afterSilence, machineFaults }: Observation,
  kind: 'failed' | 'closedEarly',
): number {
  return Math.min(connections[kind], afterSilence[kind] + machineFaults[kind])
}

/** Attempts to connect, or to connect again, likewise. */
function ownAttempts({ connections, afterSilence, machineFaults }: Observation): number {
  const { failed, failedReconnects } = connections
  return Math.min(failed + failedReconnects, afterSilence.failed + afterSilence.failedReconnects + machineFaults.failed)
}

function ownConnectionsCaveat(observation: Observation, kind: 'failed' | 'closedEarly', what: string): string {
  const { [kind]: count, reasons } = observation.machineFaults
  if (count === 0) return afterSilence(ownConnections(observation, kind), what)
  return `${formatCount(count)} ${what} are ${reasons.join('; ')}`
}

function ownDoing(isSaturated: boolean, count: number, what: string): string {
  return isSaturated
    ? `the generator was saturated, ${formatCount(count)} ${what} may be its own doing`
    : afterSilence(count, what)
}

function afterSilence(count: number, what: string): string {
  return `the generator did not run for a while, ${formatCount(count)} ${what} may be its own doing`
}

/** A rate per second, which would have been higher if the generator had always run, and may be by any amount if it was saturated. */
export function readRate(observation: Observation, name: 'throughput' | 'offeredRate'): Reading {
  const { rates, generatorSaturated, generatorLost } = observation
  const { measured, floor, ceiling } = rates[name]
  const misplaced = misplacedShare(observation)
  return {
    measured,
    floor: floor * (1 - misplaced),
    ceiling: generatorSaturated ? Infinity : (ceiling * (1 + misplaced)) / (1 - generatorLost),
    caveat: rateCaveat(observation, rates[name]),
  }
}

function rateCaveat(observation: Observation, { measured, ceiling }: Bracket): string {
  const { generatorSaturated, generatorLost } = observation
  if (generatorSaturated) return 'the generator was saturated, the server may be able to do more'
  if (ceiling === Infinity) return 'a file does not keep when answers came: judge the run itself'
  if (ceiling > measured) return 'the first answers were still to come: take a longer warmup'
  return generatorLost > 0
    ? `the generator did not run ${formatRatio(generatorLost)} of the time, the server may be able to do more`
    : clocksCaveat(observation)
}

/** Milliseconds that a server spent per answer: its clock is that of one machine, the answers are counted by those of several. */
export function readCpuPerPing(observation: Observation): Reading {
  const { cpuPerPing } = observation.server!
  const misplaced = misplacedShare(observation)
  return {
    measured: cpuPerPing,
    floor: cpuPerPing / (1 + misplaced),
    ceiling: cpuPerPing / (1 - misplaced),
    caveat: clocksCaveat(observation),
  }
}

/** The share of a load that may have been within a window by one machine's clock and outside of it by another's, 0 to 1. */
export function misplacedShare({ clockUncertainty, duration }: Observation): number {
  return Math.min(1, clockUncertainty / duration)
}

function clocksCaveat({ clockUncertainty }: Observation): string {
  return `the clocks of its machines agree to ${formatDuration(clockUncertainty)}`
}

/** What the generator knows for certain. */
export function readFact(value: number): Reading {
  return { measured: value, floor: value, ceiling: value, caveat: '' }
}
