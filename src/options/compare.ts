import * as v from 'valibot'
import { defaults } from '../defaults.ts'
import { type ResolvedTolerance, safeParseTolerance, type Tolerance } from '../gate/tolerance.ts'
import { mistakesOf, type Parsed, within } from '../parsed.ts'
import { fewestRuns } from '../statistics/interim-looks.ts'
import { formatDuration } from '../units.ts'
import { noSuchOption } from '../wording.ts'
import {
  connectionsOf,
  type FanOutOptions,
  hasRoles,
  agentsWithoutRoles,
  inWordsOfFanOut,
  takeRoles,
} from './fan-out.ts'
import { duration, expected, instead, only, parseFields, webSocketUrl } from './fields.ts'
import { valueOf } from './invalid-options.ts'
import {
  contradictionsIn,
  mistakesWith,
  type Load,
  loadFields,
  type ResolvedFanOut,
  resolveLoad,
  rightOf,
  safeParseProbeOf,
  type WsLoadOptions,
} from './options.ts'
import { server, type ServerOption } from './server.ts'
import { type ResolvedTarget, safeParseTarget, targetFields, type TargetOptions } from './target.ts'
import { without } from './without.ts'

/** A server that is compared: one that runs already, or one that is started for the comparison and ended after it. */
export type Side = { readonly url: string | URL; readonly server?: ServerOption } | TargetOptions

/** Options of a comparison: those of `wsLoad()` but for what ends a run, and these. Both sides get the same load. */
export interface CompareOptions extends Omit<
  WsLoadOptions,
  'url' | 'duration' | 'pings' | 'stages' | 'until' | 'maxDuration' | 'server'
> {
  readonly base: Side
  readonly head: Side
  /** How much slower the head may be; see {@link Tolerance}. The comparison goes on until this is decided. */
  readonly tolerance?: Tolerance
  /** Ends a comparison that stays unclear, both sides together: '1s' to a day. Default: '30s'. */
  readonly maxDuration?: WsLoadOptions['maxDuration']
  /**
   * How often both servers are ended and started anew meanwhile: 0, or 7 to 99 of servers that are commands. Two processes of one program
   * differ, and this is how intervals come to know by how much. Each pair of processes has its own warm-up and its part of `maxDuration`,
   * a second at least. Default: 0.
   */
  readonly restarts?: number
  /** `false` watches neither server; whom else to watch, each side says itself. Default: `'auto'`. */
  readonly server?: 'auto' | false
}

/** Options of a comparison of fan-outs: those of `wsLoad.fanOut()` but for what ends a run, and these. */
export interface FanOutCompareOptions
  extends
    Omit<FanOutOptions, 'url' | 'duration' | 'stages' | 'until' | 'maxDuration' | 'server'>,
    Pick<CompareOptions, 'base' | 'head' | 'tolerance' | 'maxDuration' | 'restarts' | 'server'> {}

/** {@link CompareOptions} after defaults. */
export interface ResolvedComparison {
  readonly base: ResolvedSide
  readonly head: ResolvedSide
  readonly load: Load
  /** `undefined` of pings. */
  readonly fanOut: ResolvedFanOut | undefined
  readonly tolerance: ResolvedTolerance
  /** Whether both servers are kept on the same processor and watched, so that their processor times are compared by default. */
  readonly onOneProcessor: boolean
  /** Milliseconds, both sides together. */
  readonly maxDuration: number
  /** How often the servers are started anew. */
  readonly restarts: number
}

/** A server that runs already, or one to be started. */
export type ResolvedSide = { readonly url: string; readonly server: ServerOption } | ResolvedTarget

/** Where a flood goes to, and what ends it: a comparison has its own. */
const ofFloods = ['url', 'duration', 'pings', 'stages', 'until', 'maxDuration'] as const
const ends = instead('maxDuration instead, a comparison goes on until it is clear')

/** A pair of processes is flooded for as many milliseconds at least. */
const shortestOfPair = 1_000
/** Of as many milliseconds, both sides together, each second is kept. */
const longestOfPairs = 1_200_000
const mostRestarts = 99

const schema = only({
  base: v.optional(v.unknown()),
  head: v.optional(v.unknown()),
  tolerance: v.optional(v.unknown()),
  maxDuration: v.optional(duration(1_000), defaults.maxDurationOfComparison),
  restarts: v.optional(numberOfRestarts(), 0),
  url: instead('base.url and head.url instead'),
  duration: ends,
  pings: ends,
  stages: ends,
  until: ends,
  ...loadFields,
  server: v.optional(
    v.union(
      [v.literal('auto'), v.literal(false)],
      expected("'auto' or false; base.server and head.server say whom to watch"),
    ),
    defaults.server,
  ),
})

const judgementSchema = only({ confidence: loadFields.confidence })

const runningServer = only(
  { url: webSocketUrl(), server: v.optional(server(), defaults.server) },
  '{ url } of a server, or { command, url } to start one',
  (name) =>
    targetFields.includes(name) ? 'expected a command with it, or the url alone' : noSuchOption(name, targetFields),
)

/** Reads the options of a comparison and fills in defaults; each mistake has the option's name. */
export function safeParseComparison(input: CompareOptions | FanOutCompareOptions): Parsed<ResolvedComparison> {
  const given: Readonly<Record<string, unknown>> = { ...(input as object | undefined) }
  if (!hasRoles(given)) return safeParseSides(given, false)
  const { pings, ...others } = given
  const { roles, rest } = takeRoles(others)
  const shared: Readonly<Record<string, unknown>> = pings === undefined ? rest : { ...rest, pings }
  const comparison = safeParseSides(shared, true)
  const mistakes = [
    ...mistakesOf(roles),
    ...mistakesOf(comparison).map(inWordsOfFanOut),
    ...agentsWithoutRoles(roles, given),
  ]
  if ('mistakes' in roles || 'mistakes' in comparison || mistakes.length > 0) return { mistakes }
  const load = { ...comparison.value.load, connections: connectionsOf(roles.value) }
  return { value: { ...comparison.value, load, fanOut: roles.value } }
}

function safeParseSides(input: Partial<CompareOptions>, isFanOut: boolean): Parsed<ResolvedComparison> {
  const fields = parseFields(schema, input)
  const base = safeParseSide('base', input.base)
  const head = safeParseSide('head', input.head)
  const isWatched = input.server !== false
  const onOneProcessor = isWatched && 'value' in base && 'value' in head && areOnOneProcessor(base.value, head.value)
  const tolerance = within('tolerance', safeParseTolerance(input.tolerance, isFanOut, onOneProcessor))
  const probe = safeParseProbeOf({ ...input }, fields)
  const mistakes = [
    ...mistakesOf(base, head, tolerance, fields),
    ...contradictionsIn({ rate: input.rate, inFlight: input.inFlight, arrivals: input.arrivals }),
    ...mistakesOf(probe),
    ...mistakesWith(rightOf({ ...input }, fields), probe),
    ...mistakesInBoth(base, head),
    ...('value' in fields && 'value' in tolerance ? unwatchedWork(fields.value.server, tolerance.value) : []),
    ...('value' in fields && 'value' in base && 'value' in head
      ? mistakesInRestarts(fields.value, base.value, head.value)
      : []),
  ]
  if (
    'mistakes' in fields ||
    'mistakes' in base ||
    'mistakes' in head ||
    'mistakes' in tolerance ||
    'mistakes' in probe ||
    mistakes.length > 0
  ) {
    return { mistakes }
  }
  return {
    value: {
      base: base.value,
      head: head.value,
      load: resolveLoad(without(fields.value, 'base', 'head', 'tolerance', 'restarts', ...ofFloods), probe.value),
      fanOut: undefined,
      tolerance: tolerance.value,
      onOneProcessor,
      maxDuration: fields.value.maxDuration,
      restarts: fields.value.restarts,
    },
  }
}

/**
 * Reads the options of a comparison and fills in defaults.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, each with the option's name
 */
export function parseComparison(input: CompareOptions | FanOutCompareOptions): ResolvedComparison {
  return valueOf(safeParseComparison(input), 'wsLoad.compare')
}

/** Reads how two runs are judged that were measured before. */
export function safeParseJudgement(input: unknown): Parsed<{ readonly confidence: number }> {
  return parseFields(judgementSchema, input)
}

/** What a comparison takes over of the defaults of floods: everything but their target and what ends them. */
export function withoutEnd(options: WsLoadOptions): WsLoadOptions {
  const { server, ...rest } = without(options, ...ofFloods)
  // What stages start from is no rate of its own.
  const load = options.stages === undefined ? rest : without(rest, 'rate')
  return { ...load, ...(server === false && { server }) }
}

/** Sides that cannot be compared as they are. */
export function mistakesInBoth(base: Parsed<ResolvedSide>, head: Parsed<ResolvedSide>): string[] {
  if ('mistakes' in base || 'mistakes' in head) return []
  return [...onePlaceForTwo(base.value, head.value), ...otherProcessors(base.value, head.value)]
}

/** What runs on other processors has other neighbours, and another speed. */
function otherProcessors(base: ResolvedSide, head: ResolvedSide): string[] {
  if (!('command' in base) || !('command' in head)) return []
  const listed = ({ cpuAffinity }: ResolvedTarget): string =>
    cpuAffinity === undefined ? 'none' : [...new Set(cpuAffinity)].toSorted((one, other) => one - other).join(', ')
  const [ofBase, ofHead] = [listed(base), listed(head)]
  return ofBase === ofHead ? [] : [`head.cpuAffinity: expected that of the base, ${ofBase}, got ${ofHead}`]
}

/** Whether both are kept on one processor, which is the same if at all: of several, each may stay on another one. */
function areOnOneProcessor(base: ResolvedSide, head: ResolvedSide): boolean {
  return [base, head].every((side) => 'command' in side && new Set(side.cpuAffinity).size === 1)
}

/** A server that is started needs a place of its own. */
function onePlaceForTwo(base: ResolvedSide, head: ResolvedSide): string[] {
  const isStarted = 'command' in base || 'command' in head
  return isStarted && base.url === head.url
    ? ['head.url: expected another URL than that of the base, both are served at once']
    : []
}

function numberOfRestarts() {
  const form = expected(`0, or a whole number from ${fewestRuns - 1} to ${mostRestarts}`)
  return v.pipe(
    v.number(form),
    v.check(
      (restarts) =>
        restarts === 0 || (Number.isInteger(restarts) && restarts >= fewestRuns - 1 && restarts <= mostRestarts),
      form,
    ),
  )
}

/** What cannot be started anew, or not so often. */
function mistakesInRestarts(
  {
    restarts,
    maxDuration,
    machines,
  }: Pick<ResolvedComparison, 'restarts' | 'maxDuration'> & { readonly machines?: unknown },
  base: ResolvedSide,
  head: ResolvedSide,
): string[] {
  if (restarts === 0) return []
  const starts = restarts + 1
  const [least, most] = [starts * shortestOfPair, longestOfPairs]
  const named = [['base', base] as const, ['head', head] as const]
  const running = named.flatMap(([name, side]) => ('command' in side ? [] : [name]))
  const reused = named.flatMap(([name, side]) =>
    'command' in side && side.reuseExistingServer
      ? [`${name}.reuseExistingServer: expected false with restarts, got true`]
      : [],
  )
  return [
    ...(running.length > 0
      ? [
          `restarts: expected a command of base and head with it, got a ${running.join(' and a ')} without, which nobody can start anew`,
        ]
      : []),
    ...reused,
    ...(machines === undefined ? [] : ['restarts: expected 0 with machines: agents are engaged for one run']),
    ...(maxDuration >= least && maxDuration <= most
      ? []
      : [
          `maxDuration: expected ${formatDuration(least)} to ${formatDuration(most)} with ${restarts} restarts, ` +
            `a second at least for each of ${starts} pairs, got ${formatDuration(maxDuration)}`,
        ]),
  ]
}

function unwatchedWork(server: ServerOption, { cpuPerPing }: ResolvedTolerance): string[] {
  if (server !== false || cpuPerPing === undefined) return []
  return ["server: expected 'auto' with a tolerance on cpuPerPing, which is that of watched servers, got false"]
}

/** Reads one of the two servers. */
export function safeParseSide(name: string, side: unknown): Parsed<ResolvedSide> {
  const isStarted = typeof side === 'object' && side !== null && 'command' in side
  return isStarted ? safeParseTarget(side, name) : parseFields(runningServer, side, name)
}
