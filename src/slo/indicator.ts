import {
  bytesForms,
  durationForms,
  type FormatTo,
  formatBytes,
  formatBytesTo,
  formatCount,
  formatDuration,
  formatDurationTo,
  formatProcessors,
  formatProcessorsTo,
  formatRate,
  formatRateTo,
  formatRatio,
  formatRatioTo,
  parseBytes,
  parseDuration,
  parseProcessors,
  parseRate,
  parseRatio,
  processorsForms,
  rateForms,
  ratioForms,
} from '../units.ts'
import type { ServerReport } from '../result/load-result.ts'
import type { Observation } from './observation.ts'
import {
  isOfEachConnection,
  type LatencyGroup,
  latencyGroups,
  readClosedEarly,
  readCpuPerPing,
  readConnectErrorRate,
  readErrorRate,
  readFact,
  readFailures,
  readMean,
  readMissed,
  readOpened,
  readReconnects,
  readPercentile,
  readReach,
  readRate,
  type Reading,
} from './reading.ts'

/** A latency figure: `min`, `max`, `mean` or any percentile between 0 and 100, as `p99`, `p99.9` or `p99_9`. */
type LatencyFigure =
  | 'min'
  | 'mean'
  | 'max'
  | 'p50'
  | 'p75'
  | 'p90'
  | 'p95'
  | 'p99'
  | 'p99_9'
  | 'p99_99'
  | `p${number}`
  | `p${number}_${number}`

/** What else an SLO can put a bound on. */
type Total =
  | 'errorRate'
  | 'connectErrorRate'
  | 'throughput'
  | 'offeredRate'
  | 'timedOut'
  | 'lost'
  | 'dropped'
  | 'opened'
  | 'closedEarly'
  | 'reconnects'
  | FanOutTotal
  | ServerTotal

/** Of the processes of a server that was watched. */
type ServerTotal = 'server.cpuPerPing' | 'server.cores' | 'server.rss' | 'server.rssGrowth'

/** Of a fan-out alone. */
type FanOutTotal = 'reach' | 'missed' | 'duplicates' | 'outOfOrder' | 'misrouted' | 'refused'

/** Everything an SLO can put a bound on. Plain latency figures are of the response time, `LoadResult.latency`. */
export type Indicator =
  | LatencyFigure
  | `serviceTime.${LatencyFigure}`
  | `handshake.${LatencyFigure}`
  | `session.${LatencyFigure}`
  | `${FanOutGroup}.${LatencyFigure}`
  | Total

export type IndicatorKind = keyof typeof kinds

/**
 * What stands behind a value: a percentile of samples, a mean or a rate, a share, the processor time of a server, or a plain
 * fact about the run, which no other run would change.
 */
export type Statistic =
  | { readonly type: 'percentile'; readonly of: LatencyGroup; readonly percentile: number }
  | { readonly type: 'mean'; readonly of: LatencyGroup }
  | { readonly type: 'rate'; readonly of: 'answered' | 'sent' }
  | { readonly type: 'share'; readonly of: 'pings' | 'connections' | 'deliveries' }
  | { readonly type: 'work'; readonly per: 'ping' | 'time' }
  | { readonly type: 'fact' }

/** What an indicator is measured in, which direction is good, and how it is read. */
export interface IndicatorReader {
  readonly kind: IndicatorKind
  readonly better: 'lower' | 'higher'
  readonly statistic: Statistic
  readonly read: (observation: Observation) => Reading
  /** What it is read of; see {@link observedBy}. */
  readonly subject: Subject
}

/** Pings or deliveries, whatever a run has; or of a fan-out alone, its deliveries, or its messages. */
type Subject = 'run' | FanOutGroup

/** Latencies of a fan-out: of deliveries, and of messages until they have reached the first, or the last, of their subscribers. */
const fanOutGroups = ['delivery', 'first', 'completion'] as const
type FanOutGroup = (typeof fanOutGroups)[number]

/** How limits of each kind are written and values printed: milliseconds, ratios from 0 to 1, per second, whole numbers, bytes, processors. */
export const kinds: Readonly<Record<'duration' | 'ratio' | 'rate' | 'count' | 'bytes' | 'processors', Kind>> = {
  duration: {
    parse: parseDuration,
    forms: durationForms,
    example: '20ms',
    format: formatDuration,
    formatTo: formatDurationTo,
  },
  ratio: { parse: parseRatio, forms: ratioForms, example: '0.1%', format: formatRatio, formatTo: formatRatioTo },
  rate: { parse: parseRate, forms: rateForms, example: '5k/s', format: formatRate, formatTo: formatRateTo },
  count: { parse: parseCount, forms: 'a whole number', example: '10', format: formatCount, formatTo: formatCount },
  bytes: { parse: parseBytes, forms: bytesForms, example: '300MiB', format: formatBytes, formatTo: formatBytesTo },
  processors: {
    parse: parseProcessors,
    forms: processorsForms,
    example: '0.8',
    format: formatProcessors,
    formatTo: formatProcessorsTo,
  },
}

interface Kind {
  /** `undefined` for anything but the forms. */
  readonly parse: (text: string) => number | undefined
  readonly forms: string
  readonly example: string
  readonly format: (value: number) => string
  readonly formatTo: FormatTo
}

/** Whether an indicator is about the processes of the server. */
export function isOfServer(indicator: string): boolean {
  return indicator.startsWith('server.')
}

/** Whether more connections, rather than more time, tell more about an indicator. */
export function isOfConnections(indicator: string): boolean {
  const statistic = findIndicator(indicator)?.statistic
  return (
    statistic !== undefined && 'of' in statistic && (isOfEachConnection(statistic.of) || statistic.of === 'connections')
  )
}

const totals: Readonly<Record<Total, IndicatorReader>> = {
  errorRate: shareOf('pings', readErrorRate),
  connectErrorRate: shareOf('connections', readConnectErrorRate),
  throughput: rateOf('answered', 'throughput'),
  offeredRate: rateOf('sent', 'offeredRate'),
  timedOut: countOf('lower', (observation) => readFailures(observation, 'timedOut')),
  lost: countOf('lower', (observation) => readFailures(observation, 'lost')),
  dropped: countOf('lower', (observation) => readFailures(observation, 'dropped')),
  opened: countOf('higher', readOpened),
  closedEarly: countOf('lower', readClosedEarly),
  reconnects: countOf('lower', readReconnects),
  'server.cpuPerPing': workOf('duration', 'ping', readCpuPerPing),
  'server.cores': workOf('processors', 'time', ({ server }) => readFact(server!.cores)),
  'server.rss': memoryOf(({ rss }) => rss.max),
  'server.rssGrowth': memoryOf(({ rss }) => rss.end - rss.start),
  reach: ofFanOut({ kind: 'ratio', better: 'higher', statistic: { type: 'share', of: 'deliveries' }, read: readReach }),
  missed: ofFanOut(countOf('lower', readMissed)),
  duplicates: ofFanOut(countOf('lower', ({ fanOut }) => readFact(fanOut!.duplicates))),
  outOfOrder: ofFanOut(countOf('lower', ({ fanOut }) => readFact(fanOut!.outOfOrder))),
  misrouted: ofFanOut(countOf('lower', ({ fanOut }) => readFact(fanOut!.misrouted))),
  refused: ofFanOut(countOf('lower', ({ fanOut }) => readFact(fanOut!.refused))),
}

function workOf(kind: IndicatorKind, per: 'ping' | 'time', read: IndicatorReader['read']): IndicatorReader {
  return { kind, better: 'lower', statistic: { type: 'work', per }, read: ofServer(read), subject: 'run' }
}

function memoryOf(read: (server: ServerReport) => number): IndicatorReader {
  const readMemory = ofServer(({ server }) => readFact(read(server!)))
  return { kind: 'bytes', better: 'lower', statistic: { type: 'fact' }, read: readMemory, subject: 'run' }
}

/** Of a server that was not watched there is no value. */
function ofServer(read: IndicatorReader['read']): IndicatorReader['read'] {
  return (observation) => (observation.server === undefined ? readFact(NaN) : read(observation))
}

function ofFanOut(reader: Omit<IndicatorReader, 'subject'>): IndicatorReader {
  return { ...reader, subject: 'delivery' }
}

function shareOf(of: 'pings' | 'connections', read: IndicatorReader['read']): IndicatorReader {
  return { kind: 'ratio', better: 'lower', statistic: { type: 'share', of }, read, subject: 'run' }
}

function rateOf(of: 'answered' | 'sent', name: 'throughput' | 'offeredRate'): IndicatorReader {
  const read = (observation: Observation) => readRate(observation, name)
  return { kind: 'rate', better: 'higher', statistic: { type: 'rate', of }, read, subject: 'run' }
}

function countOf(better: 'lower' | 'higher', read: IndicatorReader['read']): IndicatorReader {
  return { kind: 'count', better, statistic: { type: 'fact' }, read, subject: 'run' }
}

const usualFigures = ['min', 'mean', 'max', 'p99.99', 'p99.9', 'p99', 'p95', 'p90', 'p75', 'p50']

/** Names to suggest: every total, and the usual figures of every latency. */
export const indicatorNames: readonly string[] = [
  ...Object.keys(totals),
  ...[...latencyGroups, ...fanOutGroups].flatMap((group) =>
    usualFigures.map((figure) => (group === 'latency' ? figure : `${group}.${figure}`)),
  ),
]

/** Finds an indicator by name; `undefined` if there is none. */
export function findIndicator(name: string): IndicatorReader | undefined {
  if (Object.hasOwn(totals, name)) return totals[name as Total]
  const [, group = 'latency', figure = ''] = latencyName.exec(name) ?? []
  const subject = fanOutGroups.find((one) => one === group) ?? 'run'
  const of = subject === 'run' ? (group as LatencyGroup) : 'latency'
  if (figure === 'mean') return latencyOf({ type: 'mean', of }, subject, (observation) => readMean(observation, of))
  const extreme = extremes.get(figure)
  const percentile = extreme ?? percentileNamed(figure)
  if (percentile === undefined) return undefined
  const statistic: Statistic = extreme === undefined ? { type: 'percentile', of, percentile } : { type: 'fact' }
  return latencyOf(statistic, subject, (observation) => readPercentile(observation, of, percentile))
}

/** What an indicator is read of: the run, or of a fan-out its messages; `undefined` of messages where a run has none. */
export function observedBy(run: Observation, { subject }: Pick<IndicatorReader, 'subject'>): Observation | undefined {
  return subject === 'first' || subject === 'completion' ? run.fanOut?.[subject] : run
}

const latencyName = new RegExp(
  `^(?:(${[...latencyGroups.slice(1), ...fanOutGroups].join('|')})\\.)?([a-z]+|p\\d+(?:[._]\\d+)?)$`,
)

function latencyOf(statistic: Statistic, subject: Subject, read: IndicatorReader['read']): IndicatorReader {
  return { kind: 'duration', better: 'lower', statistic, read, subject }
}

/** The percentile behind `p99`, `p99.9` or `p99_9`, above 0 and below 100; `undefined` of anything else. */
export function percentileNamed(figure: string): number | undefined {
  const percentile = Number(/^p(\d+(?:[._]\d+)?)$/.exec(figure)?.[1]?.replace('_', '.'))
  return percentile > 0 && percentile < 100 ? percentile : undefined
}

/** Minimum and maximum are facts about the samples of this run; another one has others. */
const extremes: ReadonlyMap<string, number> = new Map([
  ['min', 0],
  ['max', 100],
])

function parseCount(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined
}
