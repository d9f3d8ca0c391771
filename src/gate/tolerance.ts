import { WsLoadError } from '../errors.ts'
import { mistakesOf, type Parsed } from '../parsed.ts'
import { didYouMean, show } from '../wording.ts'
import { percentileNamed } from '../slo/indicator.ts'
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

const defaultFigures: Tolerance = { p50: '4%', p99: '50%' }
const defaultMinMs = 0.02
const defaultErrorRate = 0.01
const known = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'mean', 'min', 'errorRate']

/**
 * Reads a tolerance.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake
 */
export function parseTolerance(tolerance?: Tolerance, where = 'tolerance'): ResolvedTolerance {
  const parsed = safeParseTolerance(tolerance)
  if ('value' in parsed) return parsed.value
  const lines = parsed.mistakes.map((mistake) => `  ${mistake}`)
  throw new WsLoadError('WSLOAD_ERR_INVALID_OPTIONS', [`${where} cannot be read`, ...lines].join('\n'))
}

/** Reads a tolerance; each mistake begins with the figure's name. */
export function safeParseTolerance(tolerance: unknown = defaultFigures): Parsed<ResolvedTolerance> {
  if (typeof tolerance !== 'object' || tolerance === null || Array.isArray(tolerance)) {
    return { mistakes: [`expected a tolerance like { p50: '10%', p99: '20%', min: '1ms' }, got ${show(tolerance)}`] }
  }
  const { min, errorRate, ...shares } = tolerance as Readonly<Record<string, unknown>>
  const figures = Object.entries(Object.keys(shares).length === 0 ? defaultFigures : shares).map(parseFigure)
  const least = min === undefined ? { value: defaultMinMs } : parseMin(min)
  const errors = errorRate === undefined ? { value: defaultErrorRate } : parseErrorRate(errorRate)
  const mistakes = mistakesOf(...figures, least, errors)
  if ('mistakes' in least || 'mistakes' in errors || mistakes.length > 0) return { mistakes }
  const value = figures.flatMap((figure) => ('value' in figure ? [figure.value] : []))
  return { value: { figures: value, min: least.value, errorRate: errors.value } }
}

function parseFigure([indicator, given]: [string, unknown]): Parsed<Figure> {
  const percentile = percentileNamed(indicator)
  if (indicator !== 'mean' && percentile === undefined) {
    const hint = didYouMean(indicator, known)
    return { mistakes: [`${indicator}: no such latency figure${hint}; there are mean and percentiles like p50, p99.9`] }
  }
  const allowed = parseShare(given)
  if (allowed !== undefined && allowed > 0) return { value: { indicator, percentile, allowed } }
  return { mistakes: [`${indicator}: expected a share above 0 like '10%' or 0.1, got ${show(given)}`] }
}

function parseMin(given: unknown): Parsed<number> {
  const min = parseDuration(given)
  if (min !== undefined && min >= 0) return { value: min }
  return { mistakes: [`min: expected ${durationForms}, got ${show(given)}`] }
}

function parseErrorRate(given: unknown): Parsed<number> {
  const errorRate = parseRatio(given)
  if (errorRate !== undefined) return { value: errorRate }
  return { mistakes: [`errorRate: expected ${ratioForms}, got ${show(given)}`] }
}

/** A latency may more than double: unlike a ratio, this share has no upper end. */
function parseShare(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  const [, digits, percent] = /^\s*(\d+(?:\.\d+)?)\s*(%)?\s*$/.exec(typeof value === 'string' ? value : '') ?? []
  return digits === undefined ? undefined : Number(digits) / (percent === undefined ? 1 : 100)
}
