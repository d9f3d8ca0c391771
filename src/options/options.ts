import * as v from 'valibot'
import { defaults } from '../defaults.ts'
import { isObject, mistakesOf, type Parsed, within } from '../parsed.ts'
import { type Objective, safeParseSLO, type SLO } from '../slo/objective.ts'
import { formatCount, formatCounted, parseRate } from '../units.ts'
import type { ProbeSpec } from '../wire/probe-spec.ts'
import { show } from '../wording.ts'
import {
  attempts,
  type Duration,
  duration,
  expected,
  flag,
  headers,
  instead,
  ipAddresses,
  isFieldless,
  only,
  parseFields,
  probability,
  rate,
  rateOrNone,
  type RightFields,
  rightFields,
  subprotocols,
  webSocketUrl,
  wholeNumber,
} from './fields.ts'
import { valueOf } from './invalid-options.ts'
import { describeProbe, portableProbe, type ProbeOption, safeParseProbe } from './probe.ts'
import { machines, type MachinesOptions, type ResolvedMachines } from './machines.ts'
import { isAbortSignal } from './realm.ts'
import { server, type ServerOption } from './server.ts'
import { portableTls, type ResolvedTls, tls, type TlsOptions } from './tls.ts'
import { without } from './without.ts'

export type { Duration }

/** Events per second, or a text: `'500/s'`, `'5k/s'`, `'300k/m'`. */
export type Rate = number | string

/** Part of a load whose rate changes. */
export interface Stage {
  /** How long the rate takes to get from the stage before to this one; 0 jumps. */
  readonly duration: Duration
  /** The rate at the stage's end, over all connections. */
  readonly rate: Rate
}

export interface WsLoadOptions {
  /** The target, `ws://` or `wss://`. Default: the plugin's target, else an embedded echo server in its own process. */
  readonly url?: string | URL
  /** Sockets held open at the same time, 1 to 1,000,000. Default: 10. */
  readonly connections?: number
  /** Length of the measured window. Default: '10s'. Not together with `pings`, `stages` or `until`. */
  readonly duration?: Duration
  /**
   * Ends the measured window after this many pings over all connections, in the closed model also once none was answered for
   * twice their `timeout`. Not together with `duration`, `stages` or `until`.
   */
  readonly pings?: number
  /**
   * Ends the measured window as soon as it is decided whether the target meets this SLO, after a second at the earliest.
   * Not together with `duration`, `pings` or `stages`.
   */
  readonly until?: SLO
  /** Ends a run with `until` that stays undecided: '1s' to a day. Default: '60s'. */
  readonly maxDuration?: Duration
  /** How sure verdicts on this run have to be: a probability above 0.5 and below 1. Default: 0.99. */
  readonly confidence?: number
  /** Load before the measured window, left out of the summary. Default: '1s'. */
  readonly warmup?: Duration
  /** How long to wait after the measured window for answers still to come. Default: `timeout`. */
  readonly drain?: Duration
  /**
   * Closed model: pings each connection keeps unanswered, 1 to 65,536, of control frames at most `maxPendingPongs`. A new
   * ping leaves when an answer frees its place. Default: 1. Not together with `rate` or `stages`.
   */
  readonly inFlight?: number
  /**
   * Control-frame pings that a connection leaves unanswered at most, timed-out ones among them, 1 to 65,536; what is due
   * beyond waits for an answer. Default: 60, what servers built on `ws` take. Only with the probe `'ping'`.
   */
  readonly maxPendingPongs?: number
  /**
   * Open model: pings due per second over all connections, whatever the answers do. `latency` then counts from the
   * instant a ping was due, which keeps coordinated omission out of it. With `stages`: the rate they start from, by default 0.
   */
  readonly rate?: Rate
  /** Open model: evenly spaced pings, or a Poisson process. Default: 'constant'. */
  readonly arrivals?: 'constant' | 'poisson'
  /** Open model: a rate that changes, linearly within each stage. The stages' total is the measured window. */
  readonly stages?: readonly Stage[]
  /** Connections opened per second over all threads. Default: as fast as the target accepts them. */
  readonly connectRate?: Rate
  /**
   * What goes over the wire. Default: `'ping'`, a control frame with a sequence number; of these, servers take so many
   * at once (`maxPendingPongs`).
   * `{ text, answer }` and `{ binary, answer }` send a message and take each message that `answer` recognises for the answer
   * to the oldest ping, without it every message that comes.
   * `{ request, reply }` make a message and recognise its answer by id; `{ module }` names a module that exports the two,
   * `{ protocol }` one that defines a protocol.
   */
  readonly probe?: ProbeOption
  /** Bytes of a ping's payload: 8 to 125 for control frames (default 8); texts and binaries are repeated, or cut, to this size. */
  readonly payloadBytes?: number
  /** A ping without an answer for this long is `timedOut`. Default: '5s'. */
  readonly timeout?: Duration
  /** A connection that is not open after this long has failed. Default: '10s'. */
  readonly connectTimeout?: Duration
  /** A session that is not over after this long has failed, and its connection with it. Default: '10s'. Only with `{ protocol }`. */
  readonly sessionTimeout?: Duration
  /** Sessions begun per second over all threads. Default: as fast as connections open. Only with `{ protocol }`. */
  readonly sessionRate?: Rate
  /** Opens connections that have ended early again. Default: they stay away. See {@link ReconnectOptions}. */
  readonly reconnect?: ReconnectOptions
  /** Headers of the handshake request. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** WebSocket subprotocols to ask for. */
  readonly protocols?: string | readonly string[]
  readonly tls?: TlsOptions
  /** Offers permessage-deflate in the handshake. Default: false. */
  readonly perMessageDeflate?: boolean
  /** Source addresses, taken in turn: more than about 28,000 connections to one port need several. */
  readonly localAddresses?: readonly string[]
  /**
   * Load threads, 1 to 64. Default: 'auto', half of the processors that this process may use (those of the machine, or a
   * cgroup's quota of them), so that the server under test has the others.
   */
  readonly threads?: number | 'auto'
  /** Seed of the Poisson process, and of the order of turns, a whole number from 0 to 4,294,967,295. Default: a new one each run. */
  readonly seed?: number
  /**
   * Whose processor time and memory `summary.server` tells: `{ pid }`, a process with all that descends from it, `{ cgroup }`, all
   * processes of a control group (Linux; its path, or that below /sys/fs/cgroup), or `false`, nobody's and not the machine's
   * either. Default: `'auto'`, the processes of a command that this package started, else of whoever listens at the port of the
   * URL, if that is on this machine.
   */
  readonly server?: ServerOption
  /** Agents on other machines that generate the load in place of this process. See {@link MachinesOptions}. */
  readonly machines?: MachinesOptions
  /** Ends the run early. What was measured until then is returned with `ended: 'aborted'`. */
  readonly signal?: AbortSignal
}

/** How connections that have ended early are opened again, session and all. */
export interface ReconnectOptions {
  /** How often each connection is tried to be opened again, 1 to 1,000,000, or Infinity. Default: Infinity. */
  readonly max?: number
  /**
   * How long it is waited before the first attempt; for twice as long after one that fails, up to 32 times as long. Each wait
   * is drawn at random between half of that and one and a half of it. Default: '1s'.
   */
  readonly backoff?: Duration
}

/** A stage: milliseconds, pings per second. */
export interface ResolvedStage {
  readonly duration: number
  readonly rate: number
}

/** What ends a run, as it was written and as it is judged. */
export interface ParsedUntil {
  readonly slo: SLO
  readonly objectives: readonly Objective[]
}

/** What makes a load what it is, whatever it goes to and whatever ends it; milliseconds, per second. */
export interface Load {
  readonly connections: number
  readonly confidence: number
  readonly warmup: number
  readonly drain: number
  readonly inFlight: number
  /** `undefined` of any probe but control-frame pings. */
  readonly maxPendingPongs: number | undefined
  /** `undefined` in the closed model. */
  readonly stages: readonly ResolvedStage[] | undefined
  readonly startRate: number
  readonly arrivals: 'constant' | 'poisson'
  readonly connectRate: number
  readonly probe: ProbeSpec
  readonly timeout: number
  readonly connectTimeout: number
  /** `undefined` of probes without sessions. */
  readonly sessionTimeout: number | undefined
  readonly sessionRate: number
  readonly reconnect: { readonly max: number; readonly backoff: number } | undefined
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly protocols: readonly string[]
  readonly tls: ResolvedTls
  readonly perMessageDeflate: boolean
  readonly localAddresses: readonly string[]
  readonly threads: number | 'auto'
  readonly seed: number
  readonly server: ServerOption
  /** `undefined` where this process generates the load. */
  readonly machines: ResolvedMachines | undefined
}

/** {@link WsLoadOptions} after defaults; can be cloned to a thread. */
export interface ResolvedOptions extends Load {
  readonly url: string | undefined
  /** How long the measured window may be, in milliseconds: Infinity where `pings` ends it. */
  readonly duration: number
  readonly pings: number | undefined
  readonly until: ParsedUntil | undefined
  /** `undefined` where each connection receives the answers to its own pings. */
  readonly fanOut: ResolvedFanOut | undefined
}

/** Who publishes and who receives. */
export interface ResolvedFanOut {
  readonly subscribers: number
  readonly publishers: number
  readonly rooms: number
}

/** The fields of a {@link Load}. */
export const loadFields = {
  connections: v.optional(wholeNumber(1, 1_000_000), defaults.connections),
  confidence: v.optional(probability(), defaults.confidence),
  warmup: v.optional(duration(0), defaults.warmup),
  drain: v.optional(duration(0)),
  inFlight: v.optional(wholeNumber(1, 65_536), defaults.inFlight),
  maxPendingPongs: v.optional(wholeNumber(1, 65_536)),
  rate: v.optional(rate()),
  arrivals: v.optional(v.picklist(['constant', 'poisson'], expected("'constant' or 'poisson'")), defaults.arrivals),
  connectRate: v.optional(rate()),
  probe: v.optional(v.unknown()),
  payloadBytes: v.optional(wholeNumber(1, 16_777_216)),
  timeout: v.optional(duration(1), defaults.timeout),
  connectTimeout: v.optional(duration(1), defaults.connectTimeout),
  sessionTimeout: v.optional(duration(1)),
  sessionRate: v.optional(rate()),
  reconnect: v.optional(
    only({
      max: v.optional(attempts(), Infinity),
      backoff: v.optional(duration(0), defaults.reconnectBackoff),
    }),
  ),
  headers: v.optional(headers(), {}),
  protocols: v.optional(subprotocols(), []),
  tls: v.optional(tls(), {}),
  perMessageDeflate: v.optional(flag(), false),
  localAddresses: v.optional(ipAddresses(), []),
  threads: v.optional(
    v.union([v.literal('auto'), wholeNumber(1, 64)], expected("'auto' or a whole number from 1 to 64")),
    defaults.threads,
  ),
  seed: v.optional(wholeNumber(0, 4_294_967_295)),
  server: v.optional(server(), defaults.server),
  machines: v.optional(machines()),
  signal: v.optional(v.custom<AbortSignal>(isAbortSignal, expected('an AbortSignal'))),
}

const ofFanOuts = instead('wsLoad.fanOut() with it')

const schema = only({
  url: v.optional(webSocketUrl()),
  duration: v.optional(duration(1)),
  pings: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  until: v.optional(v.unknown()),
  maxDuration: v.optional(duration(1_000), defaults.maxDuration),
  stages: v.optional(
    v.pipe(
      v.array(only({ duration: duration(0), rate: rate(0) }), expected('a list of { duration, rate }')),
      v.check((stages) => stages.some((stage) => stage.duration > 0), expected('a stage that takes time')),
      v.check((stages) => stages.some((stage) => stage.rate > 0), expected('a stage with a rate above 0')),
    ),
  ),
  ...loadFields,
  // Stages may begin with none.
  rate: v.optional(rateOrNone()),
  protocol: instead('probe: { protocol }, or wsLoad.fanOut() with it'),
  slo: instead('until, or expect(…).toMeetSLO() after the run'),
  subscribers: ofFanOuts,
  publishers: ofFanOuts,
  rooms: ofFanOuts,
})

/** Options that exclude each other. */
const conflicts = [
  ['duration', 'pings', 'both end the measured window'],
  ['duration', 'stages', 'the stages say how long the run is'],
  ['pings', 'stages', 'the stages say how long the run is'],
  ['until', 'duration', 'the run ends when it is decided, at the latest after maxDuration'],
  ['until', 'pings', 'the run ends when it is decided, at the latest after maxDuration'],
  ['until', 'stages', 'the stages say how long the run is'],
  ['inFlight', 'rate', 'a closed model waits for answers, an open one does not'],
  ['inFlight', 'stages', 'a closed model waits for answers, an open one does not'],
] as const

/**
 * Reads options and fills in defaults; each mistake has the option's name.
 * @param isFanOut whether they are those that a fan-out shares with pings
 */
export function safeParseOptions(input: unknown, isFanOut = false): Parsed<ResolvedOptions> {
  const fields = parseFields(schema, input)
  if (!isObject(input)) return { mistakes: mistakesOf(fields) }
  const until = safeParseUntil(input['until'], isFanOut)
  const probe = safeParseProbeOf(input, fields)
  const mistakes = [
    ...mistakesOf(fields, until),
    ...(isFanOut ? [] : [...undefinedUrl(input), ...outOfReach(input)]),
    ...contradictionsIn(input),
    ...needlessIn(input),
    ...noRateIn(input),
    ...mistakesOf(probe),
    ...mistakesWith(rightOf(input, fields), probe),
  ]
  if ('mistakes' in fields || 'mistakes' in until || 'mistakes' in probe || mistakes.length > 0) return { mistakes }
  const { url, duration, pings, until: _, maxDuration, ...load } = fields.value
  const stagesDuration = load.stages?.reduce((sum, stage) => sum + stage.duration, 0)
  const longest = until.value === undefined ? defaults.duration : maxDuration
  return {
    value: {
      ...resolveLoad(load, probe.value),
      url,
      duration: pings === undefined ? (stagesDuration ?? duration ?? longest) : Infinity,
      pings,
      until: until.value,
      fanOut: undefined,
    },
  }
}

/** What is wrong with options each by itself. */
export function mistakesInFields(input: Fields): string[] {
  return mistakesOf(parseFields(schema, input))
}

/**
 * Reads options and fills in defaults.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, each with the option's name
 */
export function parseOptions(input: WsLoadOptions): ResolvedOptions {
  return valueOf(safeParseOptions(input))
}

type LoadFields = v.InferOutput<v.ObjectSchema<typeof loadFields, undefined>>
type RightLoad = RightFields<typeof loadFields>

/** Fills in what the other fields decide. */
export function resolveLoad(
  given: LoadFields & { readonly stages?: readonly ResolvedStage[] | undefined },
  probe: ProbeSpec,
): Load {
  const { rate, stages, drain, connectRate, seed, maxPendingPongs, payloadBytes: _, signal: __, ...load } = given
  const { sessionTimeout = defaults.sessionTimeout, sessionRate = Infinity, reconnect, machines: ofAgents } = given
  return {
    ...load,
    maxPendingPongs: probe.kind === 'ping' ? (maxPendingPongs ?? defaults.maxPendingPongs) : undefined,
    drain: drain ?? load.timeout,
    stages: stages ?? (rate === undefined ? undefined : [{ duration: Infinity, rate }]),
    startRate: rate ?? (stages?.[0]?.duration === 0 ? stages[0].rate : 0),
    connectRate: connectRate ?? Infinity,
    sessionTimeout: probe.kind === 'protocol' ? sessionTimeout : undefined,
    sessionRate,
    reconnect,
    machines: ofAgents,
    probe,
    seed: seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!,
  }
}

/** A flood of a load that lasts `duration` milliseconds. */
export function floodOf(
  load: Load,
  url: string,
  duration: number,
  fanOut?: ResolvedFanOut,
): ResolvedOptions & { readonly url: string } {
  return { ...load, url, duration, pings: undefined, until: undefined, fanOut }
}

/** The probe of a load. @param fields what is wrong with its size is told once */
export function safeParseProbeOf(input: Fields, fields: Parsed<unknown>): Parsed<ProbeSpec> {
  const isSizeWrong = mistakesOf(fields).some((mistake) => mistake.startsWith('payloadBytes: '))
  const payloadBytes = isSizeWrong ? undefined : (input['payloadBytes'] as number | undefined)
  const { probe = defaults.probe } = input
  return safeParseProbe(probe, payloadBytes)
}

/** The fields of a load that are right by themselves. */
export function rightOf(input: Fields, fields: Parsed<RightLoad>): RightLoad {
  if ('value' in fields) return fields.value
  const right = rightFields(loadFields, input)
  // One that is wrong bounds nothing.
  return 'maxPendingPongs' in right ? right : { ...right, maxPendingPongs: Infinity }
}

/** What is wrong with a load and its probe together, as far as each of them is right. */
export function mistakesWith(load: RightLoad, probe: Parsed<ProbeSpec>): string[] {
  const withProbe =
    'mistakes' in probe
      ? []
      : [
          ...excessOfPings(load, probe.value),
          ...needlessWith(load, probe.value),
          ...unfitForReconnects(load, probe.value),
        ]
  return [...withProbe, ...unfitForMachines(load)]
}

/** A server that agents cannot reach, as it is started by this process. */
export function outOfReach(input: Fields): string[] {
  return input['machines'] !== undefined && !('url' in input)
    ? ["url: expected the server's with machines, an embedded one is not reached from elsewhere"]
    : []
}

/** What a load asks for beyond the control-frame pings that a connection may leave unanswered. */
function excessOfPings(
  { inFlight, maxPendingPongs }: Pick<RightLoad, 'inFlight' | 'maxPendingPongs'>,
  probe: ProbeSpec,
): string[] {
  if (probe.kind !== 'ping') {
    return maxPendingPongs === undefined
      ? []
      : [
          `maxPendingPongs: expected the probe 'ping' with it, got ${describeProbe(probe)}; only pings are answered by pongs`,
        ]
  }
  if (inFlight === undefined || !exceedsPongs({ inFlight, maxPendingPongs })) return []
  const most = formatCount(maxPendingPongs ?? defaults.maxPendingPongs)
  const why = `servers built on ws end a connection that leaves more than ${defaults.maxPendingPongs} to be answered`
  return [
    `inFlight: expected at most ${most} with control-frame pings, got ${formatCount(inFlight)}; ${why}. ` +
      'Raise maxPendingPongs if yours takes more, or use a { text } or { request, reply } probe',
  ]
}

/** Options of sessions, where the probe has none. */
function needlessWith(
  { sessionTimeout, sessionRate }: Pick<RightLoad, 'sessionTimeout' | 'sessionRate'>,
  probe: ProbeSpec,
): string[] {
  if (probe.kind === 'protocol') return []
  return Object.entries({ sessionTimeout, sessionRate })
    .filter(([, value]) => value !== undefined)
    .map(
      ([name]) =>
        `${name}: expected the probe { protocol } with it, got ${describeProbe(probe)}; only protocols have sessions`,
    )
}

/** Reconnects, where the order of messages is all that tells an answer: what a server says first would be one. */
function unfitForReconnects({ reconnect }: Pick<RightLoad, 'reconnect'>, probe: ProbeSpec): string[] {
  const takesAny = (probe.kind === 'text' || probe.kind === 'binary') && probe.answer === undefined
  if (reconnect === undefined || !takesAny) return []
  return [
    `reconnect: expected a probe that knows its answers with it, got ${describeProbe(probe)}; what a server says first on a new ` +
      'connection would be taken for an answer: add answer to the probe, or match answers by id',
  ]
}

/** What agents decide for themselves, and what leaves one of them without work. */
function unfitForMachines({
  machines: given,
  connections = Infinity,
  localAddresses = [],
}: Pick<RightLoad, 'machines' | 'connections' | 'localAddresses'>): string[] {
  if (given === undefined) return []
  return [
    ...(localAddresses.length > 0
      ? ['localAddresses: expected none with machines, an agent has its own: start it with --local-address']
      : []),
    ...(given.agents > connections
      ? [
          `machines.agents: expected at most one for each of ${formatCounted(connections, 'connection')}, got ${given.agents}`,
        ]
      : []),
  ]
}

/** Whether options ask for more control-frame pings in flight than a connection may leave unanswered. */
function exceedsPongs({ probe = 'ping', inFlight, maxPendingPongs = defaults.maxPendingPongs }: Fields): boolean {
  return probe === 'ping' && (inFlight as number) > (maxPendingPongs as number)
}

/** Options that exclude each other, and one without the other that it is about. */
export function contradictionsIn(input: Fields): string[] {
  const has = (name: string): boolean => input[name] !== undefined
  const both = conflicts.filter(([one, other]) => has(one) && has(other))
  return [
    ...both.map(([one, other, why]) => `${one}, ${other}: expected one of the two, got both; ${why}`),
    ...(has('arrivals') && !has('rate') && !has('stages')
      ? ['arrivals: expected a rate or stages with it, got neither; only the open model has arrivals']
      : []),
  ]
}

/** A variable that is not set would have another server flooded: one of the defaults, or the embedded one, which meets every SLO. */
export function undefinedUrl(given: Fields): string[] {
  if (!('url' in given) || given['url'] !== undefined) return []
  const advice = given['machines'] === undefined ? '; leave the option out for its default' : ''
  return [`url: expected a ws:// or wss:// URL, got undefined${advice}`]
}

function needlessIn({ maxDuration, until }: Fields): string[] {
  return maxDuration === undefined || until !== undefined
    ? []
    : ['maxDuration: expected until with it; a run that is not decided while it lasts has a duration']
}

/** A rate of 0 that no stage raises. */
function noRateIn({ rate: given, stages }: Fields): string[] {
  return parseRate(given) !== 0 || stages !== undefined
    ? []
    : [`rate: expected one above 0 without stages, got ${show(given)}`]
}

function safeParseUntil(slo: unknown, isFanOut: boolean): Parsed<ParsedUntil | undefined> {
  if (slo === undefined) return { value: undefined }
  const parsed = within('until', safeParseSLO(slo, isFanOut))
  return 'mistakes' in parsed ? parsed : { value: { slo: slo as SLO, objectives: parsed.value } }
}

/** Options as they can be sent to another process: functions as source text, URLs and paths as absolute texts. */
export function portableOptions({ url, probe, tls, ...rest }: WsLoadOptions): WsLoadOptions {
  return {
    ...rest,
    ...(url !== undefined && { url: String(url) }),
    ...(probe !== undefined && { probe: portableProbe(probe) }),
    ...(tls !== undefined && { tls: portableTls(tls) }),
  }
}

/** Puts options over defaults, which also lose what a run of these options has no use for. */
export function mergeOptions<Given extends object>(base: WsLoadOptions, given: Given): WsLoadOptions & Given {
  if (isNoOptions(given)) return given
  const merged: Fields = Object.fromEntries(Object.entries(overrideDefaults(base, given)))
  const needless = needlessFor(merged).filter((name) => (given as Fields)[name] === undefined)
  return without(merged, ...needless) as WsLoadOptions & Given
}

/** Whether there is nothing to put over anything: parsing refuses it. */
function isNoOptions(given: unknown): boolean {
  return !isObject(given) || isFieldless(given)
}

/** Defaults without what a run of nothing else has no use for: it may be for one that says more. */
export function withoutNeedless(options: Fields): Fields {
  return without(options, ...needlessFor(options))
}

/** Options that a run of these has no use for. */
function needlessFor(options: Fields): string[] {
  const has = (name: string): boolean => options[name] !== undefined
  const { probe } = options
  const isIdle = parseRate(options['rate']) === 0 && !has('stages')
  // A search for a capacity has an SLO, and a rate of its own.
  const hasRate = has('stages') || has('slo') || (has('rate') && !isIdle)
  const hasSessions = has('protocol') || (isObject(probe) && 'protocol' in probe)
  return [
    ...(isIdle ? ['rate'] : []),
    ...(hasRate ? [] : ['arrivals']),
    ...(has('until') ? [] : ['maxDuration']),
    ...(hasSessions ? [] : ['sessionTimeout', 'sessionRate']),
  ]
}

/**
 * Puts options over defaults; an option also takes away the defaults that it contradicts. A URL, or the protocol of a comparison, that is `undefined` stays
 * so, to be refused, as what is no object with options.
 */
export function overrideDefaults<Given extends object>(base: WsLoadOptions, given: Given): WsLoadOptions & Given {
  if (isNoOptions(given)) return given
  const set: Fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const kept: Record<string, unknown> = { ...base }
  for (const [one, other] of conflicts) {
    if (one in set) delete kept[other]
    if (other in set) delete kept[one]
  }
  if ('probe' in set) {
    delete kept['payloadBytes']
    delete kept['maxPendingPongs']
  }
  if (exceedsPongs({ ...kept, ...set })) delete kept['inFlight' in set ? 'maxPendingPongs' : 'inFlight']
  for (const name of ['url', ...('base' in given ? ['protocol'] : [])]) {
    if (name in given && (given as Fields)[name] === undefined) kept[name] = undefined
  }
  return { ...kept, ...set } as WsLoadOptions & Given
}

type Fields = Readonly<Record<string, unknown>>
