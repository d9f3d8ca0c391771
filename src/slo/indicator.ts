import type { LatencySummary } from '../result/latency-summary.ts'
import type { LoadResult } from '../result/load-result.ts'
import {
  durationForms,
  formatCount,
  formatDuration,
  formatRate,
  formatRatio,
  parseDuration,
  parseRate,
  parseRatio,
  rateForms,
  ratioForms,
} from '../units.ts'
import type { Bracket } from './bracket.ts'

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
type Total = 'errorRate' | 'throughput' | 'offeredRate' | 'timedOut' | 'lost' | 'dropped' | 'opened' | 'closedEarly'

/** Everything an SLO can put a bound on. Plain latency figures are of the response time, `LoadResult.latency`. */
export type Indicator = LatencyFigure | `serviceTime.${LatencyFigure}` | `handshake.${LatencyFigure}` | Total

export type IndicatorKind = keyof typeof kinds

/** A bracket, and what a person must know where its two ends lead to different verdicts. */
interface Reading extends Bracket {
  readonly doubt: string
}

/**
 * What stands behind a value: a percentile of samples, a mean or a rate, a share, or a plain fact about the run, which no
 * other run would change.
 */
export type Statistic =
  | { readonly type: 'percentile'; readonly of: LatencyGroup; readonly percentile: number }
  | { readonly type: 'mean'; readonly of: LatencyGroup }
  | { readonly type: 'rate'; readonly of: 'answered' | 'sent' }
  | { readonly type: 'share' }
  | { readonly type: 'fact' }

/** How an indicator is measured in, which direction is good, and how it is read from a result. */
export interface IndicatorReader {
  readonly kind: IndicatorKind
  readonly better: 'lower' | 'higher'
  readonly statistic: Statistic
  /** @param percentile another one than the indicator's own */
  readonly read: (result: LoadResult, percentile?: number) => Reading
}

/** How limits of each kind are written and values printed: milliseconds, ratios from 0 to 1, per second, whole numbers. */
export const kinds: Readonly<Record<'duration' | 'ratio' | 'rate' | 'count', Kind>> = {
  duration: { parse: parseDuration, forms: durationForms, example: '20ms', format: formatDuration },
  ratio: { parse: parseRatio, forms: ratioForms, example: '0.1%', format: formatRatio },
  rate: { parse: parseRate, forms: rateForms, example: '5k/s', format: formatRate },
  count: { parse: parseCount, forms: 'a whole number', example: '10', format: formatCount },
}

interface Kind {
  /** `undefined` for anything but the forms. */
  readonly parse: (text: string) => number | undefined
  readonly forms: string
  readonly example: string
  readonly format: (value: number) => string
}

const totals: Readonly<Record<Total, IndicatorReader>> = {
  errorRate: { kind: 'ratio', better: 'lower', statistic: { type: 'share' }, read: readErrorRate },
  throughput: rateOf('answered', 'throughput'),
  offeredRate: rateOf('sent', 'offeredRate'),
  timedOut: countOf('lower', (result) => readCount(result, result.pings.timedOut, 'timed-out')),
  lost: countOf('lower', ({ pings }) => exactly(pings.lost)),
  dropped: countOf('lower', (result) => readCount(result, result.pings.dropped, 'dropped')),
  opened: countOf('higher', ({ connections }) => exactly(connections.opened)),
  closedEarly: countOf('lower', ({ connections }) => exactly(connections.closedEarly)),
}

function rateOf(of: 'answered' | 'sent', name: 'throughput' | 'offeredRate'): IndicatorReader {
  const read = (result: LoadResult) => attained(result, result[name])
  return { kind: 'rate', better: 'higher', statistic: { type: 'rate', of }, read }
}

function countOf(better: 'lower' | 'higher', read: IndicatorReader['read']): IndicatorReader {
  return { kind: 'count', better, statistic: { type: 'fact' }, read }
}

const figures = ['min', 'mean', 'max', 'p99.99', 'p99.9', 'p99', 'p95', 'p90', 'p75', 'p50']
const groups = ['latency', 'serviceTime', 'handshake'] as const

export type LatencyGroup = (typeof groups)[number]

/** Names to suggest: every total, and the usual figures of every latency. */
export const indicatorNames: readonly string[] = [
  ...Object.keys(totals),
  ...groups.flatMap((group) => figures.map((figure) => (group === 'latency' ? figure : `${group}.${figure}`))),
]

/** Finds an indicator by name; `undefined` if there is none. */
export function findIndicator(name: string): IndicatorReader | undefined {
  if (Object.hasOwn(totals, name)) return totals[name as Total]
  const [, group = 'latency', figure = ''] =
    /^(?:(serviceTime|handshake)\.)?([a-z]+|p\d+(?:[._]\d+)?)$/.exec(name) ?? []
  const percentile = percentileNamed(figure)
  if (percentile === undefined && figure !== 'mean') return undefined
  const of = group as LatencyGroup
  return {
    kind: 'duration',
    better: 'lower',
    statistic: statisticOf(of, percentile),
    read: (result, another = percentile) => readLatency(result, of, another),
  }
}

/** Minimum and maximum are facts about the samples of this run; another one has others. */
function statisticOf(of: LatencyGroup, percentile: number | undefined): Statistic {
  if (percentile === undefined) return { type: 'mean', of }
  return percentile === 0 || percentile === 100 ? { type: 'fact' } : { type: 'percentile', of, percentile }
}

function percentileNamed(figure: string): number | undefined {
  if (figure === 'min') return 0
  if (figure === 'max') return 100
  const percentile = Number(/^p(\d.*)/.exec(figure)?.[1]?.replace('_', '.'))
  return percentile > 0 && percentile < 100 ? percentile : undefined
}

/**
 * Pings that never got an answer, and connections that never opened, are infinitely slow. Pings that were due but never
 * sent might have been: they move the ceiling of the response time, not its floor. Under a saturated generator the floor
 * is that of a service time without timeouts: that pings left late, or were not looked after in time, is its own doing.
 */
function readLatency(result: LoadResult, group: LatencyGroup, percentile: number | undefined): Reading {
  const { pings, connections, generator } = result
  const unanswered = group === 'handshake' ? connections.failed : pings.timedOut + pings.lost
  const unsent = group === 'latency' ? pings.dropped : 0
  const at = (missing: number, of = group) =>
    percentile === undefined ? meanWith(missing, result, of) : percentileWith(missing, result[of], percentile)
  const { floor: seen, ceiling: measured } = at(unanswered)
  const { ceiling } = at(unanswered + unsent)
  const floor = generator.saturated && group !== 'handshake' ? at(pings.lost, 'serviceTime').floor : seen
  return { measured, floor, ceiling, doubt: doubtAbout({ measured, floor, ceiling }, pings) }
}

function doubtAbout({ measured, floor, ceiling }: Bracket, { dropped, due, timedOut }: LoadResult['pings']): string {
  if (measured === Infinity) return ownDoing(timedOut, 'timed-out')
  return ceiling - measured > measured - floor
    ? `${formatCount(dropped)} of ${formatCount(due)} due pings were never sent, and may have been slow`
    : `the generator cannot tell, it lies between ${formatDuration(floor)} and ${formatDuration(ceiling)}`
}

function percentileWith(missing: number, summary: LatencySummary, percentile: number) {
  const scaled = (percentile * (summary.count + missing)) / summary.count
  if (scaled > 100 + 1e-9) return { floor: Infinity, ceiling: Infinity }
  return summary.bounds(Math.min(scaled, 100))
}

/** A ping's service time cannot be less certain than its response time: both end at the same two looks. */
function meanWith(missing: number, { latency, latencyFloor, ...result }: LoadResult, group: LatencyGroup) {
  if (missing > 0) return { floor: Infinity, ceiling: Infinity }
  const ceiling = group === 'latency' ? latency.mean : result[group].mean
  const width = group === 'handshake' ? 0 : latency.mean - latencyFloor.mean
  return { floor: Math.max(0, ceiling - width), ceiling }
}

function readErrorRate({ errorRate, pings, connections, generator }: LoadResult): Reading {
  const sure = (pings.lost + connections.failed) / (pings.due + connections.requested)
  const doubt = ownDoing(pings.dropped + pings.timedOut, 'dropped or timed-out')
  return { ...exactly(errorRate), floor: generator.saturated ? sure : errorRate, doubt }
}

function readCount({ generator }: LoadResult, count: number, what: string): Reading {
  return { ...exactly(count), floor: generator.saturated ? 0 : count, doubt: ownDoing(count, what) }
}

function ownDoing(count: number, what: string): string {
  return `the generator was saturated, ${formatCount(count)} ${what} pings may be its own doing`
}

function attained({ generator }: LoadResult, rate: number): Reading {
  return {
    measured: rate,
    floor: rate,
    ceiling: generator.saturated ? Infinity : rate,
    doubt: 'the generator was saturated, the server may be able to do more',
  }
}

function exactly(value: number): Reading {
  return { measured: value, floor: value, ceiling: value, doubt: '' }
}

function parseCount(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined
}
