import {
  durationForms,
  type FormatTo,
  formatCount,
  formatDuration,
  formatDurationTo,
  formatRate,
  formatRateTo,
  formatRatio,
  formatRatioTo,
  parseDuration,
  parseRate,
  parseRatio,
  rateForms,
  ratioForms,
} from '../units.ts'
import type { Observation } from './observation.ts'
import {
  isOfEachConnection,
  type LatencyGroup,
  latencyGroups,
  readClosedEarly,
  readConnectErrorRate,
  readErrorRate,
  readFailures,
  readMean,
  readOpened,
  readReconnects,
  readPercentile,
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

/** Everything an SLO can put a bound on. Plain latency figures are of the response time, `LoadResult.latency`. */
export type Indicator =
  | LatencyFigure
  | `serviceTime.${LatencyFigure}`
  | `handshake.${LatencyFigure}`
  | `session.${LatencyFigure}`
  | Total

export type IndicatorKind = keyof typeof kinds

/**
 * What stands behind a value: a percentile of samples, a mean or a rate, a share, or a plain fact about the run, which no
 * other run would change.
 */
export type Statistic =
  | { readonly type: 'percentile'; readonly of: LatencyGroup; readonly percentile: number }
  | { readonly type: 'mean'; readonly of: LatencyGroup }
  | { readonly type: 'rate'; readonly of: 'answered' | 'sent' }
  | { readonly type: 'share'; readonly of: 'pings' | 'connections' }
  | { readonly type: 'fact' }

/** What an indicator is measured in, which direction is good, and how it is read. */
export interface IndicatorReader {
  readonly kind: IndicatorKind
  readonly better: 'lower' | 'higher'
  readonly statistic: Statistic
  readonly read: (observation: Observation) => Reading
}

/** How limits of each kind are written and values printed: milliseconds, ratios from 0 to 1, per second, whole numbers. */
export const kinds: Readonly<Record<'duration' | 'ratio' | 'rate' | 'count', Kind>> = {
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
}

interface Kind {
  /** `undefined` for anything but the forms. */
  readonly parse: (text: string) => number | undefined
  readonly forms: string
  readonly example: string
  readonly format: (value: number) => string
  readonly formatTo: FormatTo
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
}

function shareOf(of: 'pings' | 'connections', read: IndicatorReader['read']): IndicatorReader {
  return { kind: 'ratio', better: 'lower', statistic: { type: 'share', of }, read }
}

function rateOf(of: 'answered' | 'sent', name: 'throughput' | 'offeredRate'): IndicatorReader {
  const read = (observation: Observation) => readRate(observation, name)
  return { kind: 'rate', better: 'higher', statistic: { type: 'rate', of }, read }
}

function countOf(better: 'lower' | 'higher', read: IndicatorReader['read']): IndicatorReader {
  return { kind: 'count', better, statistic: { type: 'fact' }, read }
}

const usualFigures = ['min', 'mean', 'max', 'p99.99', 'p99.9', 'p99', 'p95', 'p90', 'p75', 'p50']

/** Names to suggest: every total, and the usual figures of every latency. */
export const indicatorNames: readonly string[] = [
  ...Object.keys(totals),
  ...latencyGroups.flatMap((group) =>
    usualFigures.map((figure) => (group === 'latency' ? figure : `${group}.${figure}`)),
  ),
]

/** Finds an indicator by name; `undefined` if there is none. */
export function findIndicator(name: string): IndicatorReader | undefined {
  if (Object.hasOwn(totals, name)) return totals[name as Total]
  const [, group = 'latency', figure = ''] =
    /^(?:(serviceTime|handshake|session)\.)?([a-z]+|p\d+(?:[._]\d+)?)$/.exec(name) ?? []
  const of = group as LatencyGroup
  if (figure === 'mean') return latencyOf({ type: 'mean', of }, (observation) => readMean(observation, of))
  const extreme = extremes.get(figure)
  const percentile = extreme ?? percentileNamed(figure)
  if (percentile === undefined) return undefined
  const statistic: Statistic = extreme === undefined ? { type: 'percentile', of, percentile } : { type: 'fact' }
  return latencyOf(statistic, (observation) => readPercentile(observation, of, percentile))
}

function latencyOf(statistic: Statistic, read: IndicatorReader['read']): IndicatorReader {
  return { kind: 'duration', better: 'lower', statistic, read }
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
