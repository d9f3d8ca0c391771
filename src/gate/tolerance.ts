import { WsLoadError } from '../errors.ts'
import { didYouMean, show } from '../wording.ts'
import { durationForms, parseDuration, parseRatio, ratioForms } from '../units.ts'

/** A share that a latency may grow by: `'10%'`, or 0.1. */
type Share = string | number

/**
 * How much slower a server may get before that counts: `{ p50: '10%', p99: '20%', min: '1ms' }`.
 *
 * Each latency figure that is named is compared, as a share of the base's; `mean` and any percentile (`p50`, `p99.9`) can
 * be. A change is also ignored while it is smaller than `min`, however large its share. `errorRate` is the difference of
 * the two shares of failed pings that is ignored.
 *
 * Default: `{ p50: '4%', p99: '50%' }`. Whatever is given, `min` is 20 µs and `errorRate` 1 % unless they are given.
 */
export interface Tolerance {
  readonly [percentile: `p${number}`]: Share
  readonly p99_9?: Share
  readonly p99_99?: Share
  readonly mean?: Share
  /** The smallest change of a latency that counts: milliseconds, or a text with its unit. Default: '20us'. */
  readonly min?: string | number
  /** The difference between the shares of failed pings that does not count yet. Default: '1%'. */
  readonly errorRate?: Share
}

/** A {@link Tolerance} that was read. */
export interface ResolvedTolerance {
  readonly figures: readonly Figure[]
  /** Milliseconds. */
  readonly min: number
  /** 0 to 1. */
  readonly errorRate: number
}

/** A latency figure and how much it may grow, as a share. */
export interface Figure {
  /** As written: `p50`, `p99.9`, `mean`. */
  readonly indicator: string
  /** Above 0 and below 100; `undefined` for the mean. */
  readonly percentile: number | undefined
  readonly allowed: number
}

const defaults = { min: '20us', errorRate: '1%' } as const
const defaultFigures: Tolerance = { p50: '4%', p99: '50%' }
const others = ['min', 'errorRate']
const known = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'mean', ...others]

/**
 * Reads a tolerance.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake
 */
export function parseTolerance(tolerance: Tolerance = defaultFigures, where = 'tolerance'): ResolvedTolerance {
  const mistakes = findToleranceMistakes(tolerance)
  if (mistakes.length > 0) {
    const lines = mistakes.map((mistake) => `  ${mistake}`)
    throw new WsLoadError('WSLOAD_ERR_INVALID_OPTIONS', [`${where} cannot be read`, ...lines].join('\n'))
  }
  const { min, errorRate, ...given }: Tolerance = { ...defaults, ...tolerance }
  const written = Object.keys(given).length === 0 ? defaultFigures : given
  return {
    figures: Object.entries(written).map(([indicator, allowed]) => ({
      indicator,
      percentile: percentileOf(indicator),
      allowed: parseShare(allowed)!,
    })),
    min: parseDuration(min)!,
    errorRate: parseRatio(errorRate)!,
  }
}

/** Lists every mistake in a tolerance; empty when it can be read. */
export function findToleranceMistakes(tolerance: unknown): string[] {
  if (typeof tolerance !== 'object' || tolerance === null || Array.isArray(tolerance)) {
    return [`expected a tolerance like { p50: '10%', p99: '20%', min: '1ms' }, got ${show(tolerance)}`]
  }
  return Object.entries(tolerance).flatMap(([name, value]) => mistakeIn(name, value))
}

function mistakeIn(name: string, value: unknown): string[] {
  if (name === 'min') {
    const min = parseDuration(value)
    return min !== undefined && min >= 0 ? [] : [`min: expected ${durationForms}, got ${show(value)}`]
  }
  if (name === 'errorRate') {
    return parseRatio(value) === undefined ? [`errorRate: expected ${ratioForms}, got ${show(value)}`] : []
  }
  const percentile = percentileOf(name)
  if (name !== 'mean' && percentile === undefined) {
    return [`${name}: no such latency figure${didYouMean(name, known)}; there are mean and percentiles like p50, p99.9`]
  }
  const allowed = parseShare(value)
  if (allowed !== undefined && allowed > 0) return []
  return [`${name}: expected a share above 0 like '10%' or 0.1, got ${show(value)}`]
}

/** `p99.9` and `p99_9` are 99.9. */
function percentileOf(name: string): number | undefined {
  const percentile = Number(/^p(\d+(?:[._]\d+)?)$/.exec(name)?.[1]?.replace('_', '.'))
  return percentile > 0 && percentile < 100 ? percentile : undefined
}

/** A latency may more than double: unlike a ratio, this share has no upper end. */
function parseShare(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  const [, digits, percent] = /^\s*(\d+(?:\.\d+)?)\s*(%)?\s*$/.exec(typeof value === 'string' ? value : '') ?? []
  return digits === undefined ? undefined : Number(digits) / (percent === undefined ? 1 : 100)
}
