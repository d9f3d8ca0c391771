import { connectErrorRate, errorRate } from '../result/error-rate.ts'
import { mergeFaults } from '../result/faults.ts'
import { Histogram, type SparseCounts } from '../result/histogram.ts'
import { LatencySummary } from '../result/latency-summary.ts'
import type {
  ConnectionTotals,
  Ending,
  FanOutResult,
  GeneratorReport,
  LoadInterval,
  LoadResult,
  MessageTimes,
  MessageTotals,
} from '../result/load-result.ts'
import { Slices } from '../result/slices.ts'
import { sumPings } from '../result/sum-pings.ts'
import { sum } from '../statistics/sum.ts'
import { describeEnvironment } from './environment.ts'
import type { SeenAgent } from '../generator/load-generator.ts'
import { reportAgents } from './agent-report.ts'
import { namingAgents, reportByAgent, reportGenerator } from './generator-report.ts'
import { merge } from './merge.ts'
import { ratio } from './ratio.ts'
import type { FloodReport, MessageRecording } from '../generator/flood-report.ts'
import type { ResolvedOptions } from '../options/options.ts'
import { recordOptions } from '../options/recorded.ts'
import { asLongAs, type RecordedInterval, type RecordedIntervals } from '../generator/intervals.ts'
import type { HistogramCounts, Recording } from '../generator/recorder.ts'

/** That all places have lost an answer at the same time has to be less probable, to be called silence. */
const mostChanceOfSilence = 0.01

/**
 * Puts together what the threads of a run found out; histograms are added up exactly.
 * @param agents whose threads they were, if they were not of this process
 */
export function summarize(
  reports: readonly FloodReport[],
  options: ResolvedOptions,
  startedAt: Date,
  looks: LoadResult['looks'] = { taken: 1, planned: 1 },
  agents?: readonly SeenAgent[],
): LoadResult {
  const recordings = reports.map((report) => report.recording)
  const duration = Math.max(...reports.map((report) => report.duration))
  const pings = sumPings(recordings.map((recording) => recording.pings))
  const connections = withLost(sumConnections(reports), agents, reports)
  const latency = bracketed(recordings, 'latency', 'latencyFloor')
  const byAgent = reportByAgent(reports, duration)
  const generator = namingAgents(reportGenerator(reports, duration, latency), byAgent)
  return {
    ended: agents?.some(({ lost }) => lost !== undefined) ? 'incomplete' : endingOf(reports, options, latency.max),
    looks,
    startedAt: startedAt.toISOString(),
    duration,
    latency,
    latencyFloor: new LatencySummary(merge(recordings.map((recording) => recording.latencyFloor))),
    serviceTime: options.stages === undefined ? latency : bracketed(recordings, 'serviceTime', 'serviceTimeFloor'),
    handshake: bracketed(recordings, 'handshake', 'handshakeFloor'),
    session: bracketed(recordings, 'session', 'sessionFloor'),
    reconnect: bracketed(recordings, 'reconnect', 'reconnectFloor'),
    throughput: perSecond(pings.answered, Math.max(duration, ...reports.map((report) => report.lastAnswer))),
    offeredRate: perSecond(pings.sent, sendingTime(reports, duration, generator)),
    pings,
    messages: sumMessages(recordings),
    pongs: { unsolicited: sum(recordings.map(({ pongs }) => pongs.unsolicited)) },
    errors: mergeFaults(recordings.flatMap(({ faults }) => [...faults])),
    errorRate: errorRate(pings),
    connectErrorRate: connectErrorRate(connections),
    connections,
    slices: Slices.of(
      reports.map((report) => report.slices),
      duration,
    ),
    intervals: mergeIntervals(recordings.map(({ intervals }) => intervals)),
    generator,
    fanOut: summarizeFanOut(reports, duration),
    ...(agents !== undefined && { machines: reportAgents(agents, reports, byAgent) }),
    environment: describeEnvironment(),
    options: recordOptions(options),
  }
}

/** Milliseconds in which pings left: a generator that cannot keep up with a rate goes on after the measured window. */
function sendingTime(reports: readonly FloodReport[], duration: number, { saturated }: GeneratorReport): number {
  return saturated ? Math.max(duration, ...reports.map(({ lastSent }) => lastSent)) : duration
}

/** What became of the messages, if they were a fan-out's. */
function summarizeFanOut(reports: readonly FloodReport[], duration: number): FanOutResult | undefined {
  const parts = reports.flatMap(({ fanOut }) => fanOut ?? [])
  if (parts.length === 0) return undefined
  return {
    first: summarizeMessages(
      parts.map(({ firsts }) => firsts),
      duration,
    ),
    completion: summarizeMessages(
      parts.map(({ completions }) => completions),
      duration,
    ),
    duplicates: sum(parts.map(({ duplicates }) => duplicates)),
    outOfOrder: sum(parts.map(({ outOfOrder }) => outOfOrder)),
    misrouted: sum(parts.map(({ misrouted }) => misrouted)),
    refused: sum(parts.map(({ refused }) => refused)),
  }
}

function summarizeMessages(recordings: readonly MessageRecording[], duration: number): MessageTimes {
  const floors = merge(recordings.map(({ latencyFloor }) => latencyFloor))
  return {
    latency: new LatencySummary(merge(recordings.map(({ latency }) => latency)), floors),
    latencyFloor: new LatencySummary(floors),
    pings: sumPings(recordings.map(({ pings }) => pings)),
    intervals: mergeIntervals(recordings.map(({ intervals }) => intervals)),
    slices: Slices.of(
      recordings.map(({ slices }) => slices),
      duration,
    ),
  }
}

function endingOf(reports: readonly FloodReport[], options: ResolvedOptions, slowest: number): Ending {
  if (reports.some((report) => report.ending === 'aborted')) return 'aborted'
  if (reports.every((report) => report.ending === 'disconnected')) return 'disconnected'
  if (reports.some((report) => report.ending === 'stalled') || hasFallenSilent(reports, options, slowest))
    return 'stalled'
  return reports.some((report) => report.ending === 'decided') ? 'decided' : 'completed'
}

/**
 * Whether a server answered nothing any more when a run of the closed model ended: however long it has been silent, no more pings miss their
 * answers than were under way. It is not if it was silent for half as long before, or if as many places may well have lost an answer each at
 * the same time, as they did while others had theirs: one that has waits for its whole timeout. Of one place two pings in a row have to have
 * timed out. Publishers of a fan-out are places, too: each waits until all of its subscribers have its message.
 */
function hasFallenSilent(
  reports: readonly FloodReport[],
  { connections, inFlight, fanOut, timeout }: Pick<ResolvedOptions, 'connections' | 'inFlight' | 'fanOut' | 'timeout'>,
  slowest: number,
): boolean {
  const atEnd = sum(reports.map(({ timedOutAtEnd }) => timedOutAtEnd))
  const duration = Math.max(...reports.map((report) => report.duration))
  const lastAnswer = Math.max(...reports.map((report) => report.lastAnswer))
  if (atEnd === 0 || lastAnswer <= 0 || lastAnswer >= duration) return false
  const slices = Slices.of(
    reports.map((report) => report.slices),
    duration,
  )
  const silence = Math.max(timeout, duration - lastAnswer)
  const isOneInARow = atEnd === 1 && duration - lastAnswer < timeout
  if (isOneInARow || silence < 2 * longestGap(slices, lastAnswer)) return false
  const messages = reports.flatMap((report) => report.fanOut?.completions.slices ?? [])
  const asked = fanOut === undefined ? slices : Slices.of(messages, duration)
  const places = fanOut?.publishers ?? connections * (inFlight ?? 1)
  const whileOthersHadTheirs = asked.completedAfter(Math.max(0, lastAnswer - slowest))
  const lost = sum(asked.pings('timedOut').subarray(0, whileOthersHadTheirs))
  const shareOfTime = (lost * timeout) / (places * lastAnswer)
  return Math.min(1, shareOfTime) ** atEnd < mostChanceOfSilence
}

/** The longest time without an answer before the last one, as far as slices tell, in milliseconds. */
function longestGap(slices: Slices, lastAnswer: number): number {
  let [longest, count] = [0, 0]
  for (const answered of slices.pings('answered').subarray(0, slices.completedAfter(lastAnswer))) {
    count = answered === 0 ? count + 1 : 0
    longest = Math.max(longest, count)
  }
  return longest * slices.length
}

function bracketed(recordings: readonly Recording[], ceiling: HistogramName, floor: HistogramName): LatencySummary {
  return new LatencySummary(
    merge(recordings.flatMap((recording) => recording[ceiling] ?? [])),
    merge(recordings.flatMap((recording) => recording[floor] ?? [])),
  )
}

type HistogramName = {
  [K in keyof Recording]: Recording[K] extends HistogramCounts | undefined ? K : never
}[keyof Recording]

function sumMessages(recordings: readonly Recording[]): MessageTotals {
  const total = (name: keyof MessageTotals): number => sum(recordings.map(({ messages }) => messages[name]))
  return {
    received: total('received'),
    unsolicited: total('unsolicited'),
    surplus: total('surplus'),
    afterLastAnswer: total('afterLastAnswer'),
  }
}

function sumConnections(reports: readonly FloodReport[]): ConnectionTotals {
  const total = (name: keyof ConnectionTotals): number => sum(reports.map(({ connections }) => connections[name]))
  return {
    requested: total('requested'),
    opened: total('opened'),
    failed: total('failed'),
    closedEarly: total('closedEarly'),
    failedSessions: total('failedSessions'),
    reconnects: total('reconnects'),
    failedReconnects: total('failedReconnects'),
  }
}

/** Those that a lost agent was to open are missing, and nobody knows what became of them. */
function withLost(
  connections: ConnectionTotals,
  agents: readonly SeenAgent[] = [],
  reports: readonly FloodReport[],
): ConnectionTotals {
  const silent = agents.filter(({ name }) => reports.every(({ agent }) => agent !== name))
  return { ...connections, requested: connections.requested + sum(silent.map((one) => one.connections)) }
}

/** Those of a thread that ended early may be shorter than those of the others. */
function mergeIntervals(threads: readonly RecordedIntervals[]): LoadInterval[] {
  const longest = Math.max(...threads.map(({ seconds }) => seconds))
  const alike = threads.map((thread) => asLongAs(longest, thread))
  const length = Math.max(...alike.map((intervals) => intervals.length))
  return Array.from({ length }, (_, nth) => mergeInterval(alike.flatMap((intervals) => intervals[nth] ?? [])))
}

/** The same interval of several threads. */
export function mergeInterval(parts: readonly RecordedInterval[]): LoadInterval {
  const { sent, answered, timedOut, lost, dropped } = sumPings(parts.map((part) => part.pings))
  const start = Math.min(...parts.map((part) => part.start))
  const duration = Math.max(...parts.map((part) => part.end)) - start
  const { p50, p99, max } = new LatencySummary(mergeSparse(parts.map((part) => part.latency)))
  return {
    start,
    duration,
    sent,
    answered,
    timedOut,
    lost,
    dropped,
    throughput: perSecond(answered, duration),
    p50,
    p99,
    max,
  }
}

function mergeSparse(parts: readonly SparseCounts[]): Histogram {
  const sum = new Histogram()
  for (const part of parts) sum.addSparse(part)
  return sum
}

function perSecond(count: number, ms: number): number {
  return ratio(count * 1_000, ms)
}
