import { WsLoadError } from '../errors.ts'
import { didYouMean, show } from '../mistakes.ts'
import { findIndicator, indicatorNames, kinds, type Indicator, type IndicatorKind } from './indicator.ts'

export type Comparison = '<' | '<=' | '>' | '>='

/**
 * What a service promises: for each indicator one bound or several, each a comparison and a limit.
 *
 * Latencies, `errorRate` and counts of what went wrong take `<` or `<=` with a duration, a share or a whole number;
 * `throughput`, `offeredRate` and `opened` take `>` or `>=` with a rate or a whole number.
 * @example { p99: '< 20ms', 'handshake.max': '< 1s', errorRate: '< 0.1%', throughput: '> 5k/s', opened: '>= 100' }
 */
export type SLO = { readonly [indicator in Indicator]?: string | readonly string[] }

/** One bound of an SLO. */
export interface Objective {
  /** As written: `p99`, `serviceTime.p99.9`, `errorRate`. */
  readonly indicator: string
  readonly kind: IndicatorKind
  readonly comparison: Comparison
  /** Milliseconds, a ratio from 0 to 1, per second, or a count: `kind` says which. */
  readonly limit: number
  /** Comparison and limit as written: `< 20ms`. */
  readonly bound: string
}

/**
 * Reads an SLO.
 * @throws {WsLoadError} WSLOAD_ERR_INVALID_SLO naming every mistake: nothing to judge, an unknown indicator, a bound
 * without comparison or in the wrong direction, a limit of the wrong unit, a bound that no run or every run meets
 */
export function parseSLO(slo: SLO): Objective[] {
  if (typeof slo !== 'object' || slo === null || Array.isArray(slo) || Object.keys(slo).length === 0) {
    throw invalidSLO([`expected an object like { p99: '< 20ms' }, got ${show(slo)}`])
  }
  const parsed = Object.entries(slo).flatMap(([indicator, bounds]) => parseBounds(indicator, bounds))
  const mistakes = parsed.filter((objective) => typeof objective === 'string')
  if (Object.keys(slo).some((name) => findIndicator(name) === undefined)) mistakes.push(whatExists())
  if (mistakes.length > 0) throw invalidSLO(mistakes)
  return parsed.filter((objective) => typeof objective !== 'string')
}

function parseBounds(indicator: string, bounds: unknown): (Objective | string)[] {
  if (!Array.isArray(bounds)) return [parseBound(indicator, bounds)]
  if (bounds.length === 0) return [`${indicator}: expected a bound, got ${show(bounds)}`]
  return bounds.map((bound) => parseBound(indicator, bound))
}

function parseBound(indicator: string, bound: unknown): Objective | string {
  const reader = findIndicator(indicator)
  if (reader === undefined) return `${show(indicator)}: no such indicator${didYouMean(indicator, indicatorNames)}`
  const { kind, better } = reader
  const { parse, forms, example } = kinds[kind]
  const direction = better === 'lower' ? '<' : '>'
  const [, comparison, limitText = ''] = /^\s*([<>]=?)\s*(.*?)\s*$/.exec(String(bound)) ?? []
  const expected = (what: string) => `${indicator}: expected ${what}, got ${show(bound)}`
  if (typeof bound !== 'string' || comparison === undefined) {
    return expected(`a comparison and a limit like '${direction} ${example}'`)
  }
  if (!comparison.startsWith(direction)) {
    return expected(`${direction} or ${direction}= (${better} is better)`)
  }
  const limit = parse(limitText)
  if (limit === undefined) return expected(`${forms} after ${comparison}`)
  if (limit < 0 || (limit === 0 && comparison === '<')) return expected('a bound that a run can meet')
  if (limit === 0 && comparison === '>=') return expected('a bound that a run can miss')
  if (kind === 'ratio' && limit === 1) return expected("a share below 100 %, with its sign, like '< 1%'")
  return { indicator, kind, comparison: comparison as Comparison, limit, bound: `${comparison} ${limitText}` }
}

function whatExists(): string {
  const totals = indicatorNames.filter((name) => findIndicator(name)?.kind !== 'duration')
  return (
    'indicators are min, mean, max and percentiles like p50, p99, p99.9 of latency, the same after serviceTime. and ' +
    `handshake., and ${totals.join(', ')}`
  )
}

function invalidSLO(mistakes: readonly string[]): WsLoadError {
  const lines = mistakes.map((mistake) => `  ${mistake}`)
  return new WsLoadError('WSLOAD_ERR_INVALID_SLO', ['the SLO cannot be read', ...lines].join('\n'))
}
