import { errorRate } from '../result/error-rate.ts'
import { LatencySummary } from '../result/latency-summary.ts'
import type {
  AfterSilence,
  ConnectionTotals,
  FanOutResult,
  LoadResult,
  MessageTimes,
  PingTotals,
  ServerReport,
} from '../result/load-result.ts'
import { pingTotals } from '../result/ping-totals.ts'
import type { Slices } from '../result/slices.ts'
import { lostShare } from '../result/starvation.ts'
import type { Bracket } from './bracket.ts'
import { countMachineFaults, describeMachineFaults } from './machine-fault.ts'
import { earlyStoppingDivisor } from '../statistics/share.ts'
import { sum } from '../statistics/sum.ts'

/** What a verdict reads: a whole run, or a stretch of one. Milliseconds, per second, and ratios from 0 to 1. */
export interface Observation {
  readonly duration: number
  readonly slices: Slices
  readonly pings: PingTotals
  readonly latency: LatencySummary
  /** Slices do not keep them: where they are not the response times, a stretch has those of the whole run. */
  readonly serviceTime: LatencySummary
  /** What was measured, and between which values it lies as far as slices tell when answers came and pings left. */
  readonly rates: Readonly<Record<'throughput' | 'offeredRate', Bracket>>
  /** How many answers `throughput` counts in each slice. */
  readonly answeredEach: ArrayLike<number>
  /** Failed share of the pings that were due. */
  readonly errorRate: number
  /** Whether pings were due whatever the server did. */
  readonly isOpenModel: boolean
  /** Milliseconds of the run after which answers come as pings leave: before, some are still to come. */
  readonly settlingTime: number
  /** Of the whole run: its connections open before any stretch begins. */
  readonly connections: ConnectionTotals
  /** Share of them that never opened, or whose session failed. */
  readonly connectErrorRate: number
  readonly handshake: LatencySummary
  readonly session: LatencySummary
  /** Interim looks that were planned, the one at the end of the run included. */
  readonly plannedLooks: number
  readonly generatorSaturated: boolean
  /** Whether the generator may itself have kept what timed out. */
  readonly mayHaveTimedOut: boolean
  /** Of the whole run: see `GeneratorReport`. */
  readonly heldBack: number
  /** Share of the time in which the generator's threads could not run, 0 to 1. */
  readonly generatorLost: number
  /** By how much the clocks of the machines that generated the load may differ, in milliseconds; 0 of one machine. */
  readonly clockUncertainty: number
  /** What a silence of the generator may have caused, in the whole run. */
  readonly afterSilence: AfterSilence
  /** What its samples are. */
  readonly samples: 'pings' | 'deliveries' | 'messages'
  /** Samples that depend on each other as those of one message do: deliveries of a message, 1 where a sample is a ping or a message. */
  readonly samplesPerMessage: number
  /** Of a fan-out, whose own samples are deliveries. */
  readonly fanOut?: FanOutObservation | undefined
  /** Of the whole run; `undefined` if it was not watched. */
  readonly server: ServerReport | undefined
  /** Why it was not, if anybody wanted it to be. */
  readonly serverUnwatched: string | undefined
  /** What limits of the generator's machine caused, in the whole run: connections, and why. */
  readonly machineFaults: { readonly failed: number; readonly closedEarly: number; readonly reasons: readonly string[] }
}

/** What else a verdict on a fan-out reads. */
export interface FanOutObservation extends Pick<FanOutResult, 'duplicates' | 'outOfOrder' | 'misrouted' | 'refused'> {
  readonly first: Observation
  readonly completion: Observation
}

/**
 * A saturated generator may be late by milliseconds, or not keep up at all. That it reads too late is no timeout: these are told
 * from the last poll that brought nothing. Only a generator that was busy, or kept from running, for at least this share of
 * the run is taken to have let so much pile up that a delivery timed out for that.
 */
const overwhelmingShare = 0.5
const nothing: AfterSilence = { timedOut: 0, lost: 0, dropped: 0, failed: 0, closedEarly: 0, failedReconnects: 0 }

/** What a verdict on a whole run reads. */
export function observeRun(result: LoadResult): Observation {
  const { duration, slices, pings, latency, serviceTime, throughput, offeredRate } = result
  const { connections, connectErrorRate, handshake, session, looks, generator } = result
  const { starvation, afterSilence = nothing } = generator
  const generatorLost = starvation === undefined ? 0 : lostShare(starvation)
  const run: Observation = {
    duration,
    slices,
    pings,
    latency,
    serviceTime,
    rates: { throughput: exactly(throughput), offeredRate: exactly(offeredRate) },
    answeredEach: slices.pings('answered'),
    isOpenModel: serviceTime !== latency,
    settlingTime: settlingTimeOf(result),
    errorRate: result.errorRate,
    connections,
    connectErrorRate,
    handshake,
    session,
    plannedLooks: looks.planned,
    generatorSaturated: generator.saturated,
    mayHaveTimedOut: generator.saturated,
    heldBack: generator.heldBack,
    generatorLost,
    clockUncertainty: Math.max(0, ...(result.machines ?? []).map((agent) => agent.clockUncertainty ?? 0)),
    afterSilence,
    samples: 'pings',
    samplesPerMessage: 1,
    server: result.server,
    serverUnwatched: result.serverUnwatched,
    machineFaults: { ...countMachineFaults(result), reasons: describeMachineFaults(result) },
  }
  if (result.fanOut === undefined) return run
  const mayHaveTimedOut = generator.saturated && !(generator.eventLoopUtilization + generatorLost < overwhelmingShare)
  return observeFanOut({ ...run, mayHaveTimedOut }, result.fanOut)
}

/** Milliseconds of the measured window until the answers that come are as many as those due before: what warms up has had some already. */
function settlingTimeOf({ latency, options }: LoadResult): number {
  const { warmup = 0, stages, rate = 0 } = options
  const isWarm = stages === undefined || rate > 0
  return Math.max(0, latency.p99 - (isWarm ? warmup : 0))
}

/** A run whose samples are deliveries, with what it says of its messages. */
function observeFanOut(run: Observation, { first, completion, ...counts }: FanOutResult): Observation {
  return {
    ...run,
    samples: 'deliveries',
    samplesPerMessage: Math.max(1, run.pings.sent / completion.pings.sent),
    fanOut: {
      first: observeMessages(run, first),
      completion: observeMessages(run, completion),
      ...counts,
    },
  }
}

/** What a silence of the generator cost deliveries it may have cost as many messages, at most all that failed. */
function observeMessages(run: Observation, { latency, pings, slices }: MessageTimes): Observation {
  const { afterSilence } = run
  return {
    ...run,
    samples: 'messages',
    slices,
    pings,
    latency,
    serviceTime: latency,
    errorRate: errorRate(pings),
    afterSilence: {
      ...afterSilence,
      timedOut: Math.min(pings.timedOut, afterSilence.timedOut),
      lost: Math.min(pings.lost, afterSilence.lost),
      dropped: Math.min(pings.dropped, afterSilence.dropped),
    },
  }
}

/** What a verdict on `count` neighbouring slices of a run reads, from the one numbered `first`, counted from 0. */
export function observeStretch(run: Observation, first: number, count: number): Observation {
  const slices = run.slices.stretch(first, count)
  const { ceilings, floors } = slices.histograms()
  const latency = new LatencySummary(ceilings, floors)
  const duration = count * slices.length
  const pings = pingTotals((kind) => sum(slices.pings(kind)))
  // Of a rate those that were due are answered in the end, however long none is.
  const arrivals = run.isOpenModel ? slices.arrivals() : undefined
  const answeredEach = arrivals ?? slices.pings('answered')
  return {
    ...run,
    duration,
    slices,
    pings,
    latency,
    serviceTime: run.serviceTime === run.latency ? latency : run.serviceTime,
    rates: {
      throughput: throughputOfStretch(run, { pings, arrivals, start: first * slices.length, duration }),
      offeredRate: offeredRateOfStretch(run, pings.sent, duration),
    },
    answeredEach,
    errorRate: errorRate(pings),
  }
}

/** At a rate that of the answers that came in it, unless the first ones were still to come. */
function throughputOfStretch(
  { isOpenModel, settlingTime }: Observation,
  {
    pings,
    arrivals,
    start,
    duration,
  }: { pings: PingTotals; arrivals: Float64Array | undefined; start: number; duration: number },
): Bracket {
  const ofDue = perSecond(pings.answered, duration)
  if (!isOpenModel) return exactly(ofDue)
  if (arrivals === undefined) return { measured: ofDue, floor: 0, ceiling: Infinity }
  const came = perSecond(sum(arrivals), duration)
  return { ...exactly(came), ceiling: start < settlingTime ? Math.max(came, ofDue) : came }
}

/** A late generator may have sent all of it later. */
function offeredRateOfStretch(
  { isOpenModel, generatorSaturated }: Observation,
  sent: number,
  duration: number,
): Bracket {
  const offered = exactly(perSecond(sent, duration))
  return isOpenModel && generatorSaturated ? { ...offered, floor: 0, ceiling: Infinity } : offered
}

function perSecond(count: number, duration: number): number {
  return (count * 1_000) / duration
}

function exactly(measured: number): Bracket {
  return { measured, floor: measured, ceiling: measured }
}

/** Milliseconds that an observation counts as when it comes to what cannot have been seen in so short a time. */
export function trustedDuration({ duration, plannedLooks }: Observation): number {
  return plannedLooks > 1 ? duration / earlyStoppingDivisor : duration
}
