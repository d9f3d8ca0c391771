import { WsLoadError } from '../errors.ts'
import type { Parsed } from '../parsed.ts'
import { didYouMean, show } from '../wording.ts'
import { durationForms, parseDuration } from '../units.ts'
import {
  findIndicator,
  indicatorNames,
  isOfServer,
  kinds,
  type Indicator,
  type IndicatorKind,
  type IndicatorReader,
} from './indicator.ts'
import { isOfEachConnection } from './reading.ts'

export type Operator = '<' | '<=' | '>' | '>='

/** What a missed bound does: `fail` turns the verdict, `warn` only says so. */
export type Level = 'fail' | 'warn'

/** A comparison and a limit, over the whole run or over each stretch of it: `'< 20ms'`, `'< 30ms over any 10s'`. */
export type Bound = string | { readonly [level in Level]?: string | readonly string[] }

/**
 * What a service promises: for each indicator one bound or several.
 *
 * Latencies, error rates, counts of what went wrong and what the server uses take `<` or `<=` with a duration, a share, a whole
 * number or a size;
 * `throughput`, `offeredRate`, `reach` and `opened` take `>` or `>=` with a rate, a share or a whole number. Mean and percentiles of
 * the latency, `errorRate`, `reach`, `throughput` and `offeredRate` can be asked for over any stretch of a length: `'< 30ms over any 10s'`.
 *
 * As text, for a command line: `'p99 < 20ms'`, or a list of such texts; `'warn: p99 < 15ms'` only warns.
 * @example { p99: { warn: '< 15ms', fail: '< 20ms' }, 'handshake.max': '< 1s', errorRate: '< 0.1%', opened: '>= 100' }
 */
export type SLO = string | readonly string[] | { readonly [indicator in Indicator]?: Bound | readonly Bound[] }

/** One bound of an SLO. */
export interface Objective {
  /** As written: `p99`, `serviceTime.p99.9`, `errorRate`. */
  readonly indicator: string
  readonly kind: IndicatorKind
  readonly comparison: Operator
  /** Milliseconds, a ratio from 0 to 1, per second, a count, bytes or processors: `kind` says which. */
  readonly limit: number
  /** Operator and limit as written: `< 20ms`, `< 30ms over any 10s`. */
  readonly bound: string
  readonly level: Level
  /** Length in milliseconds of the stretches that each have to meet the bound; the whole run if it is missing. */
  readonly window?: number
}

/** Whether an objective limits how long pings take, rather than handshakes and sessions. */
export function isLatencyOfPings({ kind, indicator }: Pick<Objective, 'kind' | 'indicator'>): boolean {
  return kind === 'duration' && !isOfEachConnection(indicator.split('.')[0]!) && !isOfServer(indicator)
}

/**
 * What is wrong with objectives for a run: one whose pings are answered has no deliveries, and a fan-out has no plain latency.
 * @param isFanOut whether it is a run of `wsLoad.fanOut()`
 */
export function mistakesFor(objectives: readonly Objective[], isFanOut: boolean): string[] {
  return objectives.flatMap(({ indicator }) => {
    const { subject, statistic, kind } = findIndicator(indicator)!
    if (!isFanOut) return subject === 'run' ? [] : [`${indicator}: only runs of wsLoad.fanOut() have it`]
    const isPlain = subject === 'run' && kind === 'duration' && !('of' in statistic && isOfEachConnection(statistic.of))
    if (!isPlain || /^(handshake|session|server)\./.test(indicator)) return []
    const figure = indicator
      .split('.')
      .slice(indicator.startsWith('serviceTime.') ? 1 : 0)
      .join('.')
    return [`${indicator}: expected delivery.${figure}, first.${figure} or completion.${figure} of a fan-out`]
  })
}

interface Written {
  readonly indicator: string
  readonly level: Level
  readonly bound: unknown
}

const levels: ReadonlySet<string> = new Set<Level>(['fail', 'warn'])
const example = "{ p99: '< 20ms' } or 'p99 < 20ms'"
/** What slices do not keep. */
const withoutSlices: ReadonlySet<string> = new Set(['serviceTime', 'handshake', 'session', 'connections'])
const shortestWindowMs = 1_000
const longestWindowMs = 86_400_000

/**
 * Reads an SLO.
 * @throws {WsLoadError} WSLOAD_ERR_INVALID_SLO naming every mistake: nothing to judge, nothing but warnings, an unknown
 * indicator, a bound without comparison or in the wrong direction, a limit of the wrong unit, a bound that no run or
 * every run meets, a stretch that is none
 */
export function parseSLO(slo: SLO): readonly Objective[] {
  const parsed = safeParseSLO(slo)
  if ('value' in parsed) return parsed.value
  throw invalidSLO(parsed.mistakes)
}

/** All mistakes in an SLO as one error. */
export function invalidSLO(mistakes: readonly string[]): WsLoadError {
  const lines = mistakes.map((mistake) => `  ${mistake}`)
  return new WsLoadError('WSLOAD_ERR_INVALID_SLO', ['the SLO cannot be read', ...lines].join('\n'))
}

/**
 * Reads an SLO; mistakes begin with the indicator that they are about.
 * @param isFanOut whether it is meant for a run of `wsLoad.fanOut()`; `undefined` if that is not known yet
 */
export function safeParseSLO(slo: unknown, isFanOut?: boolean): Parsed<readonly Objective[]> {
  const bounds = written(slo)
  if (bounds.length === 0) return { mistakes: [`expected ${example}, got ${show(slo)}`] }
  const parsed = bounds.map((bound) => (typeof bound === 'string' ? bound : parseBound(bound)))
  const mistakes = parsed.filter((objective) => typeof objective === 'string')
  const objectives = parsed.filter((objective) => typeof objective !== 'string')
  if (isFanOut !== undefined) mistakes.push(...mistakesFor(objectives, isFanOut))
  if (mistakes.some((mistake) => mistake.includes('no such indicator'))) mistakes.push(whatExists())
  if (mistakes.length === 0 && objectives.every(({ level }) => level === 'warn')) {
    mistakes.push('expected a bound that can be missed, got nothing but warnings')
  }
  return mistakes.length > 0 ? { mistakes } : { value: objectives }
}

/** The bounds as they are written, or what is wrong with the way they are. */
function written(slo: unknown): (Written | string)[] {
  if (typeof slo === 'string') return [splitText(slo)]
  if (Array.isArray(slo)) return slo.map(splitText)
  if (typeof slo !== 'object' || slo === null) return []
  return Object.entries(slo).flatMap(([indicator, bounds]) => spread(indicator, bounds))
}

function splitText(text: unknown): Written | string {
  const [, level = 'fail', indicator, bound] = /^\s*(?:(warn|fail)\s*:)?\s*([^\s<>=]+)\s*(.*)$/.exec(String(text)) ?? []
  if (typeof text !== 'string' || indicator === undefined) return `expected a text like 'p99 < 20ms', got ${show(text)}`
  return { indicator, level: level as Level, bound }
}

function spread(indicator: string, bounds: unknown, level: Level = 'fail'): (Written | string)[] {
  if (Array.isArray(bounds)) {
    const empty = `${indicator}: expected a bound, got ${show(bounds)}`
    const one = (bound: unknown) =>
      Array.isArray(bound) ? [{ indicator, level, bound }] : spread(indicator, bound, level)
    return bounds.length === 0 ? [empty] : bounds.flatMap(one)
  }
  if (typeof bounds !== 'object' || bounds === null) return [{ indicator, level, bound: bounds }]
  const entries = Object.entries(bounds)
  const unknown = entries.filter(([key]) => !levels.has(key))
  if (entries.length === 0 || unknown.length > 0) {
    return [`${indicator}: expected a bound, or { warn, fail } with one each, got ${show(bounds)}`]
  }
  return entries.flatMap(([key, bound]) => spread(indicator, bound, key as Level))
}

function parseBound({ indicator, level, bound: text }: Written): Objective | string {
  const reader = findIndicator(indicator)
  if (reader === undefined) return `${show(indicator)}: no such indicator${didYouMean(indicator, indicatorNames)}`
  const { kind, better } = reader
  const { parse, forms, example: limitExample } = kinds[kind]
  const direction = better === 'lower' ? '<' : '>'
  const [, comparison, rest = ''] = /^\s*([<>]=?)\s*(.*?)\s*$/.exec(String(text)) ?? []
  const expected = (what: string) => `${indicator}: expected ${what}, got ${show(text)}`
  if (typeof text !== 'string' || comparison === undefined) {
    return expected(`a comparison and a limit like '${direction} ${limitExample}'`)
  }
  if (!comparison.startsWith(direction)) return expected(`${direction} or ${direction}= (${better} is better)`)
  const [, limitText = '', windowText] = /^(.*?)(?:\s+over\s+any\s+(.*))?$/.exec(rest) ?? []
  const limit = parse(limitText)
  if (limit === undefined) return expected(`${forms} after ${comparison}`)
  if (limit < 0 || (limit === 0 && comparison === '<')) return expected('a bound that a run can meet')
  if (limit === 0 && comparison === '>=') return expected('a bound that a run can miss')
  if (kind === 'ratio' && better === 'lower' && limit === 1) {
    return expected("a share below 100 %, with its sign, like '< 1%'")
  }
  if (kind === 'ratio' && better === 'higher' && comparison === '>' && limit === 1)
    return expected('a bound that a run can meet')
  const objective = { indicator, kind, comparison: comparison as Operator, limit, level }
  if (windowText === undefined) return { ...objective, bound: `${comparison} ${limitText}` }
  const window = parseDuration(windowText)
  if (!hasWindows(reader))
    return expected('no stretch: only mean and percentiles of the latency, errorRate, reach and rates have one')
  if (window === undefined || !(window >= shortestWindowMs && window <= longestWindowMs)) {
    return expected(`${durationForms}, from 1 s to a day, after 'over any'`)
  }
  return { ...objective, window, bound: `${comparison} ${limitText} over any ${windowText}` }
}

/** Whether slices of the run tell it: what is about pings and their response times, and is no fact about the whole run. */
function hasWindows({ statistic }: IndicatorReader): boolean {
  return (
    statistic.type !== 'fact' && statistic.type !== 'work' && !('of' in statistic && withoutSlices.has(statistic.of))
  )
}

function whatExists(): string {
  const totals = indicatorNames.filter((name) => findIndicator(name)?.kind !== 'duration' || isOfServer(name))
  return (
    'indicators are min, mean, max and percentiles like p50, p99, p99.9 of latency, the same after serviceTime., handshake. and ' +
    `session., of a fan-out after delivery., first. and completion., and ${totals.join(', ')}`
  )
}
