import { WsLoadError } from '../errors.ts'
import { isObject, mistakesOf, type Parsed } from '../parsed.ts'
import { didYouMean, show } from '../wording.ts'
import { percentileNamed } from '../slo/indicator.ts'
import { durationForms, isMeantAsShare, parseDuration, parseRatio, ratioForms } from '../units.ts'

/** A share that a latency may grow by: `'10%'`, or 0.1; from 100 % on with its sign. */
type Share = string | number

/**
 * How much slower a server may get before that counts: `{ p50: '10%', p99: '20%', min: '1ms' }`.
 *
 * Each latency figure that is named is compared, as a share of the base's; `mean` and any percentile (`p50`, `p99.9`) can
 * be. A change is also ignored while it is smaller than `min`, however large its share. `errorRate` is the difference of
 * the two shares of failed pings that is ignored.
 *
 * Figures of fan-outs are those of a latency of theirs: `'delivery.p50'`, `'first.mean'`, `'completion.p90'`.
 *
 * Default: `{ p50: '4%', p99: '25%' }`, of fan-outs `{ 'delivery.p50': '10%', 'completion.p50': '20%' }`. Whatever is given, `min`
 * is 20 µs and `errorRate` 1 % unless they are given.
 */
export interface Tolerance {
  readonly [percentile: `p${number}`]: Share
  readonly [ofFanOut: `${(typeof latencies)[number]}.${string}`]: Share
  readonly p99_9?: Share
  readonly p99_99?: Share
  readonly mean?: Share
  /** The smallest change of a latency that counts: milliseconds, or a text with its unit. Default: '20us'. */
  readonly min?: string | number
  /** The difference between the shares of failed pings that does not count yet. Default: '1%'. */
  readonly errorRate?: Share
  /**
   * The processor time of the server per answer, `summary.server.cpuPerPing`, may grow by this share. It can be told where latencies
   * cannot, beside other processes; but two processes of one program differ in it by some per cent. Default: 5 % where no latency is
   * given either and both servers are started on one processor, the same (`cpuAffinity`), and what stays undecided of it then counts for
   * nothing; else it is not judged.
   */
  readonly cpuPerPing?: Share
  /**
   * `'cpuPerPing'`: latencies that are undecided at the end of a comparison side by side because others (processes, the
   * hypervisor, waits for memory) kept the base from work, and that have not surely grown, are left to the processor time per
   * answer; all that have not surely grown, where others kept the load generator from work. If that is surely the same, so is
   * the comparison, which says what was not judged. Default: they are unclear. A head that only waits longer may pass then.
   */
  readonly fallback?: 'cpuPerPing'
}

/** A {@link Tolerance} that was read. */
export interface ResolvedTolerance {
  readonly figures: readonly Figure[]
  /** Milliseconds. */
  readonly min: number
  /** 0 to 1. */
  readonly errorRate: number
  /** A share; `undefined` if it is not judged. */
  readonly cpuPerPing: number | undefined
  /** Whether a change of `cpuPerPing` that stays undecided counts for nothing: nobody has asked for it. */
  readonly isWorkOptional: boolean
  /** Whether `cpuPerPing` stands for latencies that others on the machine leave undecided. */
  readonly fallsBack: boolean
}

/** A latency figure and how much it may grow, as a share. */
export interface Figure {
  /** As written: `p50`, `p99.9`, `mean`, `completion.p90`. */
  readonly indicator: string
  /** Of pings, or of a fan-out's deliveries or messages. */
  readonly of: 'latency' | (typeof latencies)[number]
  /** Above 0 and below 100; `undefined` for the mean. */
  readonly percentile: number | undefined
  readonly allowed: number
}

/** Those of fan-outs. */
const latencies = ['delivery', 'first', 'completion'] as const
const defaultFigures: Tolerance = { p50: '4%', p99: '25%' }
const defaultFiguresOfFanOut: Tolerance = { 'delivery.p50': '10%', 'completion.p50': '20%' }
const defaultMinMs = 0.02
const defaultErrorRate = 0.01
const defaultCpuPerPing = 0.05
const figureNames = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'mean']
const others = ['min', 'errorRate', 'cpuPerPing', 'fallback']

/**
 * Reads a tolerance.
 * @param isFanOut whether it is one of fan-outs
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake
 */
export function parseTolerance(tolerance?: Tolerance, where = 'tolerance', isFanOut = false): ResolvedTolerance {
  const parsed = safeParseTolerance(tolerance, isFanOut)
  if ('value' in parsed) return parsed.value
  const lines = parsed.mistakes.map((mistake) => `  ${mistake}`)
  throw new WsLoadError('WSLOAD_ERR_INVALID_OPTIONS', [`${where} cannot be read`, ...lines].join('\n'))
}

/**
 * Reads a tolerance; each mistake begins with the figure's name.
 * @param onOneProcessor whether both servers are kept on the same processor, so that their processor times can be compared
 */
export function safeParseTolerance(
  given: unknown = {},
  isFanOut = false,
  onOneProcessor = false,
): Parsed<ResolvedTolerance> {
  const byDefault = isFanOut ? defaultFiguresOfFanOut : defaultFigures
  if (!isObject(given)) {
    const example = isFanOut ? "{ 'delivery.p50': '10%', min: '1ms' }" : "{ p50: '10%', p99: '20%', min: '1ms' }"
    return { mistakes: [`expected a tolerance like ${example}, got ${show(given)}`] }
  }
  const { min, errorRate, cpuPerPing, fallback, ...shares } = given
  const isDefault = Object.keys(shares).length === 0
  const figures = Object.entries(isDefault ? byDefault : shares).map(([indicator, share]) =>
    parseFigure(indicator, share, isFanOut),
  )
  const least = min === undefined ? { value: defaultMinMs } : parseMin(min)
  const errors = errorRate === undefined ? { value: defaultErrorRate } : parseErrorRate(errorRate)
  const workByDefault = isDefault && onOneProcessor ? defaultCpuPerPing : undefined
  const work = cpuPerPing === undefined ? { value: workByDefault } : parseAllowed('cpuPerPing', cpuPerPing)
  const falls = parseFallback(fallback, cpuPerPing)
  const mistakes = mistakesOf(...figures, least, errors, work, falls)
  if ('mistakes' in least || 'mistakes' in errors || 'mistakes' in work || 'mistakes' in falls) return { mistakes }
  if (mistakes.length > 0) return { mistakes }
  return {
    value: {
      figures: figures.flatMap((figure) => ('value' in figure ? [figure.value] : [])),
      min: least.value,
      errorRate: errors.value,
      cpuPerPing: work.value,
      isWorkOptional: cpuPerPing === undefined,
      fallsBack: falls.value,
    },
  }
}

function parseFigure(indicator: string, given: unknown, isFanOut: boolean): Parsed<Figure> {
  const [, latency, name = ''] = /^(?:(delivery|first|completion)\.)?(.*)$/s.exec(indicator) ?? []
  const percentile = percentileNamed(name)
  if (name !== 'mean' && percentile === undefined)
    return { mistakes: [`${indicator}: ${noFigure(indicator, isFanOut)}`] }
  if (isFanOut && latency === undefined) {
    return { mistakes: [`${name}: expected delivery.${name}, first.${name} or completion.${name} of a fan-out`] }
  }
  if (!isFanOut && latency !== undefined) {
    return { mistakes: [`${indicator}: expected a fan-out, got pings; of these there is ${name}`] }
  }
  const allowed = parseAllowed(indicator, given)
  const of = latencies.find((one) => one === latency) ?? 'latency'
  return 'mistakes' in allowed ? allowed : { value: { indicator, of, percentile, allowed: allowed.value } }
}

function parseAllowed(indicator: string, given: unknown): Parsed<number> {
  const allowed = parseShare(given)
  if (allowed !== undefined && allowed > 0) return { value: allowed }
  return {
    mistakes: [
      `${indicator}: expected a share above 0 like '10%' or 0.1, with its sign from 100 % on, got ${show(given)}`,
    ],
  }
}

function noFigure(indicator: string, isFanOut: boolean): string {
  const ofFanOut = latencies.flatMap((latency) => figureNames.map((name) => `${latency}.${name}`))
  const hint = didYouMean(indicator, [...(isFanOut ? ofFanOut : figureNames), ...others])
  const examples = isFanOut
    ? 'delivery.mean and percentiles like delivery.p50, completion.p99'
    : 'mean and percentiles like p50, p99.9'
  return `no such latency figure${hint}; there are ${examples}`
}

function parseFallback(given: unknown, cpuPerPing: unknown): Parsed<boolean> {
  if (given === undefined) return { value: false }
  if (given !== 'cpuPerPing') return { mistakes: [`fallback: expected 'cpuPerPing', got ${show(given)}`] }
  if (cpuPerPing !== undefined) return { value: true }
  return { mistakes: ["fallback: expected a tolerance on cpuPerPing beside it, like cpuPerPing: '10%', got none"] }
}

function parseMin(given: unknown): Parsed<number> {
  const min = parseDuration(given)
  if (min !== undefined && min >= 0) return { value: min }
  return { mistakes: [`min: expected ${durationForms}, got ${show(given)}`] }
}

function parseErrorRate(given: unknown): Parsed<number> {
  const errorRate = parseRatio(given)
  if (errorRate !== undefined && isMeantAsShare(errorRate, given)) return { value: errorRate }
  return { mistakes: [`errorRate: expected ${ratioForms}, with its sign for 100 %, got ${show(given)}`] }
}

/** A latency may more than double: unlike a ratio, this share has no upper end. */
function parseShare(given: unknown): number | undefined {
  if (typeof given === 'number') return isMeantAsShare(given, given) ? given : undefined
  const [, digits, percent] = /^\s*(\d+(?:\.\d+)?)\s*(%)?\s*$/.exec(typeof given === 'string' ? given : '') ?? []
  const share = digits === undefined ? NaN : Number(digits) / (percent === undefined ? 1 : 100)
  return isMeantAsShare(share, given) ? share : undefined
}
