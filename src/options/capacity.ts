import * as v from 'valibot'
import type { CapacityOver } from '../capacity/load.ts'
import { defaults } from '../defaults.ts'
import { isObject, mistakesOf, type Parsed, within } from '../parsed.ts'
import { type Objective, safeParseSLO, type SLO } from '../slo/objective.ts'
import { formatRate } from '../units.ts'
import { show } from '../wording.ts'
import { type CompareOptions, type ResolvedSide, mistakesInBoth, safeParseSide } from './compare.ts'
import { duration, expected, instead, only, parseFields, rate, share, webSocketUrl, wholeNumber } from './fields.ts'
import { valueOf } from './invalid-options.ts'
import { agentsIn } from './machines.ts'
import {
  contradictionsIn,
  type Load,
  loadFields,
  mistakesWith,
  outOfReach,
  type Rate,
  resolveLoad,
  rightOf,
  safeParseProbeOf,
  undefinedUrl,
  type WsLoadOptions,
} from './options.ts'
import { without } from './without.ts'

/**
 * Options of a search for a capacity: those of `wsLoad()` but for what says how much load there is and what ends a run, and these. Of
 * `connections` and the rate one is varied, the other one held.
 */
export interface CapacityOptions extends Omit<
  WsLoadOptions,
  'duration' | 'pings' | 'stages' | 'until' | 'maxDuration' | 'rate' | 'inFlight'
> {
  /** What has to be kept. */
  readonly slo: SLO
  /**
   * What is varied: pings due per second over all `connections`, or how many connections there are, each of which has pings due
   * `ratePerConnection` times per second. Default: 'rate'.
   */
  readonly over?: CapacityOver
  /** The least load of interest. Default: '1/s', or 1 connection, over machines as many as there are agents. */
  readonly from?: Rate
  /** The highest load of interest. Default: '1M/s', or 10,000 connections. */
  readonly to?: Rate
  /** How far apart the ends of the capacity's interval may be: a share above 0, of the lower end. Default: '10%'. */
  readonly precision?: number | string
  /** Pings due per second of each connection, where connections are varied. Default: '1/s'. */
  readonly ratePerConnection?: Rate
  /** Ends a search that is not as precise as that yet: '1s' to a day, but for the answers of its last load. Default: '60s'. */
  readonly maxDuration?: WsLoadOptions['maxDuration']
}

/** {@link CapacityOptions} after defaults. */
export interface ResolvedCapacity {
  readonly url: string | undefined
  readonly over: CapacityOver
  readonly from: number
  readonly to: number
  readonly precision: number
  /** Pings per second; `undefined` where the rate is varied. */
  readonly ratePerConnection: number | undefined
  readonly slo: SLO
  readonly objectives: readonly Objective[]
  /** Milliseconds. */
  readonly maxDuration: number
  readonly load: Load
}

/** Options of a comparison of capacities: those of a search, and these. Both sides get the same loads to keep. */
export interface CapacityCompareOptions
  extends Omit<CapacityOptions, 'url' | 'server'>, Pick<CompareOptions, 'base' | 'head' | 'server'> {
  /** By which share the head's capacity may be lower: above 0 and below 1. Default: twice the `precision`, 0.5 at most. */
  readonly tolerance?: number | string
  /** Ends the two searches, both together: '1s' to a day. Default: '2m'. */
  readonly maxDuration?: WsLoadOptions['maxDuration']
}

/** {@link CapacityCompareOptions} after defaults. */
export interface ResolvedCapacityComparison {
  readonly base: ResolvedSide
  readonly head: ResolvedSide
  /** Of each side, with half of the time. */
  readonly search: Omit<ResolvedCapacity, 'url'>
  readonly tolerance: number
}

type Fields = Readonly<Record<string, unknown>>

const mostConnections = 1_000_000
/** By default a head may lose this share of its base's capacity at most. */
const mostTolerance = 0.5
/** What is not said of a range: pings per second, connections. */
const widestRange = { rate: { from: 1, to: 1e6 }, connections: { from: 1, to: 10_000 } } as const
const ofTheRange = instead('from and to instead, between which the load is varied')
const ofTheEnd = instead('maxDuration instead, each load lasts until it is clear')

const ofSearches = {
  slo: v.optional(v.unknown()),
  over: v.optional(v.picklist(['rate', 'connections'], expected("'rate' or 'connections'")), 'rate'),
  from: v.optional(v.unknown()),
  to: v.optional(v.unknown()),
  precision: v.optional(share(), defaults.precision),
  ratePerConnection: v.optional(rate()),
  maxDuration: v.optional(duration(1_000), defaults.maxDuration),
  url: v.optional(webSocketUrl()),
}
const ofFloods = {
  rate: ofTheRange,
  stages: ofTheRange,
  inFlight: instead('none of it, a search does not wait for answers'),
  duration: ofTheEnd,
  pings: ofTheEnd,
  until: instead('slo instead'),
}
const schema = only({ ...loadFields, ...ofSearches, ...ofFloods })
const withoutLoad = [
  ...(Object.keys(ofSearches) as (keyof typeof ofSearches)[]),
  ...(Object.keys(ofFloods) as (keyof typeof ofFloods)[]),
]

/** Reads the options of a search and fills in defaults; each mistake has the option's name. */
export function safeParseCapacity(input: unknown): Parsed<ResolvedCapacity> {
  const search = safeParseSearch(input)
  const unreached = isObject(input) ? outOfReach(input) : []
  return unreached.length > 0 ? { mistakes: [...mistakesOf(search), ...unreached] } : search
}

/** The same, whatever the server. */
function safeParseSearch(input: unknown): Parsed<ResolvedCapacity> {
  const given: Fields = typeof input === 'object' && input !== null ? { ...input } : {}
  const over = given['over'] === 'connections' ? 'connections' : 'rate'
  const fields = parseFields(schema, given)
  const range = parseRange(over, given, over === 'connections' ? agentsIn(given) : 1)
  const slo = parseSLOOf(given)
  const probe = safeParseProbeOf(given, fields)
  const others = [
    ...undefinedUrl(given),
    // A rate there will be, so that arrivals have one to be about.
    ...contradictionsIn({ arrivals: given['arrivals'], rate: range }),
    ...mistakesOf(probe),
    ...needlessIn(given, over),
    ...('value' in range && 'value' in slo && 'value' in fields
      ? outOfRange(slo.value, { over, to: range.value.to, ratePerConnection: fields.value.ratePerConnection })
      : []),
    ...mistakesWith(
      {
        ...rightOf(given, fields),
        inFlight: defaults.inFlight,
        ...(over === 'connections' && { connections: 'value' in range ? range.value.from : undefined }),
      },
      probe,
    ),
  ]
  if ('mistakes' in fields || 'mistakes' in range || 'mistakes' in slo || 'mistakes' in probe || others.length > 0) {
    return { mistakes: [...mistakesOf(slo, range, fields), ...others] }
  }
  const load = { ...without(fields.value, ...withoutLoad), inFlight: defaults.inFlight, rate: undefined }
  const { url, precision, ratePerConnection = defaults.ratePerConnection, maxDuration } = fields.value
  return {
    value: {
      url,
      over,
      ...range.value,
      precision,
      ratePerConnection: over === 'rate' ? undefined : ratePerConnection,
      slo: given['slo'] as SLO,
      objectives: slo.value,
      maxDuration,
      load: resolveLoad(load, probe.value),
    },
  }
}

/**
 * Reads the options of a search and fills in defaults.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, each with the option's name
 */
export function parseCapacity(input: CapacityOptions): ResolvedCapacity {
  return valueOf(safeParseCapacity(input), 'wsLoad.capacity')
}

const capacityTolerance = only({ capacity: v.optional(loss()) })
const ofComparisons = only({
  tolerance: v.optional(loss()),
  server: v.optional(
    v.union(
      [v.literal('auto'), v.literal(false)],
      expected("'auto' or false; base.server and head.server say whom to watch"),
    ),
  ),
})
const sides = 2

/** Reads the options of a comparison of capacities; each mistake has the option's name. */
export function safeParseCapacityComparison(input: unknown): Parsed<ResolvedCapacityComparison> {
  const given: Fields = typeof input === 'object' && input !== null ? { ...input } : {}
  const { base: ofBase, head: ofHead, tolerance, url, ...rest } = given
  const base = safeParseSide('base', ofBase)
  const head = safeParseSide('head', ofHead)
  const own = parseFields(ofComparisons, { tolerance, server: given['server'] })
  const search = safeParseSearch({ maxDuration: defaults.maxDurationOfCapacities, ...rest })
  const misplaced = url === undefined ? [] : ['url: expected base.url and head.url instead']
  const mistakes = [...misplaced, ...mistakesOf(base, head, own, search), ...mistakesInBoth(base, head)]
  if ('mistakes' in base || 'mistakes' in head || 'mistakes' in own || 'mistakes' in search || mistakes.length > 0) {
    return { mistakes }
  }
  const { url: _, ...searched } = search.value
  return {
    value: {
      base: base.value,
      head: head.value,
      search: { ...searched, maxDuration: searched.maxDuration / sides },
      tolerance: own.value.tolerance ?? usualTolerance(searched.precision),
    },
  }
}

/**
 * Reads the options of a comparison of capacities and fills in defaults.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, each with the option's name
 */
export function parseCapacityComparison(input: CapacityCompareOptions): ResolvedCapacityComparison {
  return valueOf(safeParseCapacityComparison(input), 'wsLoad.compareCapacity')
}

/** By which share a capacity may be lower than the one that was kept: above 0 and below 1. */
export interface CapacityTolerance {
  /** Default: twice the `precision` of the search, 0.5 at most. */
  readonly capacity?: number | string
}

/** Reads the tolerance of a baseline; each mistake has the option's name. */
export function safeParseCapacityTolerance(given: unknown, precision: number): Parsed<number> {
  const parsed = parseFields(capacityTolerance, given === undefined ? {} : given, 'tolerance')
  return 'value' in parsed ? { value: parsed.value.capacity ?? usualTolerance(precision) } : parsed
}

function usualTolerance(precision: number): number {
  return Math.min(mostTolerance, 2 * precision)
}

/** What a search takes over of the defaults of floods. */
export function withoutAmount(options: WsLoadOptions, { over }: Pick<CapacityOptions, 'over'> = {}): WsLoadOptions {
  const rest = without(options, ...(Object.keys(ofFloods) as (keyof typeof ofFloods)[]), 'maxDuration')
  return over === 'connections' ? without(rest, 'connections') : rest
}

/** A load as a search varies it: pings per second, or connections; `undefined` for anything else. */
export function parseLoad(over: CapacityOver, given: unknown): number | undefined {
  const parsed = parseFields(loadOf(over), given)
  return 'value' in parsed ? parsed.value : undefined
}

function loadOf(over: CapacityOver) {
  return over === 'rate' ? rate() : wholeNumber(1, mostConnections)
}

/** @param fewest at which it begins, where nothing else is said */
function parseRange(
  over: CapacityOver,
  { from, to }: Fields,
  fewest: number,
): Parsed<{ readonly from: number; readonly to: number }> {
  const { from: least, to: most } = widestRange[over]
  const widest = { from: Math.max(least, fewest), to: most }
  const ends = parseFields(
    v.object({ from: v.optional(loadOf(over), widest.from), to: v.optional(loadOf(over), widest.to) }),
    { from, to },
  )
  if ('mistakes' in ends || ends.value.from < ends.value.to) return ends
  if (from === undefined && fewest > least) {
    return { mistakes: [`to: expected more connections than there are agents, ${fewest}, got ${show(to)}`] }
  }
  return {
    mistakes: [
      `from, to: expected the one to be less than the other, got ${show(from ?? widest.from)} and ${show(to ?? widest.to)}`,
    ],
  }
}

function parseSLOOf({ slo }: Fields): Parsed<readonly Objective[]> {
  if (slo === undefined) return { mistakes: ["slo: expected what has to be kept, like { p99: '< 20ms' }, got nothing"] }
  return within('slo', safeParseSLO(slo, false))
}

/** Bounds on a rate that no load of the range comes up to. */
function outOfRange(
  objectives: readonly Objective[],
  { over, to, ratePerConnection = defaults.ratePerConnection }: HighestLoad,
): string[] {
  const highest = over === 'rate' ? to : to * ratePerConnection
  const name = over === 'rate' ? 'to' : 'to × ratePerConnection'
  return objectives
    .filter(({ kind, level, comparison, limit }) => {
      return kind === 'rate' && level === 'fail' && (comparison === '>' ? limit >= highest : limit > highest)
    })
    .map(
      ({ indicator, bound }) =>
        `slo: ${indicator}: expected a bound that a load of the range can meet, up to ${formatRate(highest)} (${name}), got ${show(bound)}`,
    )
}

/** What a search asks of a server at most. */
interface HighestLoad extends Pick<ResolvedCapacity, 'over' | 'to'> {
  readonly ratePerConnection: number | undefined
}

/** A share that may be lost, but not all. */
function loss() {
  return v.pipe(
    share(),
    v.check((ratio) => ratio < 1, expected('a share below 1')),
  )
}

/** Of rate and connections the one is varied, the other held. */
function needlessIn({ connections, ratePerConnection }: Fields, over: CapacityOver): string[] {
  return [
    ...(over === 'connections' && connections !== undefined
      ? ['connections: expected from and to instead, between which they are varied']
      : []),
    ...(over === 'rate' && ratePerConnection !== undefined
      ? ["ratePerConnection: expected over: 'connections' with it; else the rate is varied"]
      : []),
  ]
}
