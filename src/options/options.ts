import { validateHeaderName, validateHeaderValue } from 'node:http'
import { isIP } from 'node:net'
import * as v from 'valibot'
import { WsLoadError } from '../errors.ts'
import { withoutSecrets } from '../secrets.ts'
import { didYouMean, show, showKind } from '../wording.ts'
import { findSLOMistakes, type SLO } from '../slo/objective.ts'
import { durationForms, formatDuration, parseDuration, parseRate, rateForms } from '../units.ts'
import type { ProbeSpec } from '../wire/probe-spec.ts'
import { describeProbe, portableProbe, type ProbeOption, resolveProbe } from './probe.ts'

/** Milliseconds, or a text with its unit: `'250us'`, `'20ms'`, `'5s'`, `'2m'`. */
export type Duration = number | string

/** Events per second, or a text: `'500/s'`, `'5k/s'`, `'300k/m'`. */
export type Rate = number | string

/** Part of a load whose rate changes. */
export interface Stage {
  /** How long the rate takes to get from the stage before to this one; 0 jumps. */
  readonly duration: Duration
  /** The rate at the stage's end, over all connections. */
  readonly rate: Rate
}

/** What `tls.connect` needs to trust a server, and to be trusted by it (PEM texts or buffers). */
export interface TlsOptions {
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[]
  readonly cert?: string | Uint8Array
  readonly key?: string | Uint8Array
  readonly passphrase?: string
  readonly servername?: string
  /** `false` accepts any certificate, self-signed ones included. Default: true. */
  readonly rejectUnauthorized?: boolean
}

export interface WsLoadOptions {
  /** The target, `ws://` or `wss://`. Default: the plugin's target, else an embedded echo server in its own process. */
  readonly url?: string | URL
  /** Sockets held open at the same time, 1 to 1,000,000. Default: 10. */
  readonly connections?: number
  /** Length of the measured window. Default: '10s'. Not together with `pings`, `stages` or `until`. */
  readonly duration?: Duration
  /** Ends the measured window after this many pings over all connections. Not together with `duration`, `stages` or `until`. */
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
   * Closed model: pings each connection keeps unanswered, 1 to 65,536. A new ping leaves when an answer frees its place.
   * Default: 1. Not together with `rate` or `stages`.
   */
  readonly inFlight?: number
  /**
   * Open model: pings due per second over all connections, whatever the answers do. `latency` then counts from the
   * instant a ping was due, which keeps coordinated omission out of it. With `stages`: the rate they start from.
   */
  readonly rate?: Rate
  /** Open model: evenly spaced pings, or a Poisson process. Default: 'constant'. */
  readonly arrivals?: 'constant' | 'poisson'
  /** Open model: a rate that changes, linearly within each stage. The stages' total is the measured window. */
  readonly stages?: readonly Stage[]
  /** Connections opened per second over all threads. Default: as fast as the target accepts them. */
  readonly connectRate?: Rate
  /**
   * What goes over the wire. Default: `'ping'`, a control frame with a sequence number.
   * `{ text }` and `{ binary }` send a message and take each message received as the answer to the oldest ping.
   * `{ request, reply }` make a message and recognise its answer by id; `{ module }` names a module that exports the two.
   */
  readonly probe?: ProbeOption
  /** Bytes of a ping's payload: 8 to 125 for control frames (default 8); texts and binaries are repeated to this size. */
  readonly payloadBytes?: number
  /** A ping without an answer for this long is `timedOut`. Default: '5s'. */
  readonly timeout?: Duration
  /** A connection that is not open after this long has failed. Default: '10s'. */
  readonly connectTimeout?: Duration
  /** Headers of the handshake request. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** WebSocket subprotocols to ask for. */
  readonly protocols?: string | readonly string[]
  readonly tls?: TlsOptions
  /** Offers permessage-deflate in the handshake. Default: false. */
  readonly perMessageDeflate?: boolean
  /** Source addresses, taken in turn: more than about 28,000 connections to one port need several. */
  readonly localAddresses?: readonly string[]
  /** Load threads, 1 to 64. Default: 'auto', half of the cores, so that the server under test has the others. */
  readonly threads?: number | 'auto'
  /** Seed of the Poisson process, a whole number from 0 to 4,294,967,295. Default: a new one each run. */
  readonly seed?: number
  /** Ends the run early. What was measured until then is returned with `ended: 'aborted'`. */
  readonly signal?: AbortSignal
}

export interface ResolvedStage {
  readonly duration: number
  readonly rate: number
}

/** {@link WsLoadOptions} after defaults: durations in milliseconds, rates per second; can be cloned to a thread. */
export interface ResolvedOptions {
  readonly url: string | undefined
  readonly connections: number
  readonly duration: number
  readonly pings: number | undefined
  /** What decides the run; `duration` is then how long it may take. */
  readonly until: SLO | undefined
  readonly confidence: number
  readonly warmup: number
  readonly drain: number
  readonly inFlight: number
  /** `undefined` in the closed model. */
  readonly stages: readonly ResolvedStage[] | undefined
  readonly startRate: number
  readonly arrivals: 'constant' | 'poisson'
  readonly connectRate: number
  readonly probe: ProbeSpec
  readonly timeout: number
  readonly connectTimeout: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly protocols: readonly string[]
  readonly tls: TlsOptions
  readonly perMessageDeflate: boolean
  readonly localAddresses: readonly string[]
  readonly threads: number | 'auto'
  readonly seed: number
}

const defaults = {
  connections: 10,
  duration: 10_000,
  maxDuration: 60_000,
  confidence: 0.99,
  warmup: 1_000,
  inFlight: 1,
  arrivals: 'constant',
  probe: 'ping',
  timeout: 5_000,
  connectTimeout: 10_000,
  threads: 'auto',
} as const

const day = 86_400_000

const schema = v.objectWithRest(
  {
    url: v.optional(webSocketUrl()),
    connections: v.optional(wholeNumber(1, 1_000_000)),
    duration: v.optional(duration(1, day)),
    pings: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    until: v.optional(v.unknown()),
    maxDuration: v.optional(duration(1_000, day)),
    confidence: v.optional(probability()),
    warmup: v.optional(duration(0, day)),
    drain: v.optional(duration(0, day)),
    inFlight: v.optional(wholeNumber(1, 65_536)),
    rate: v.optional(rate()),
    arrivals: v.optional(v.picklist(['constant', 'poisson'], expected("'constant' or 'poisson'"))),
    stages: v.optional(
      v.pipe(
        v.array(
          v.objectWithRest({ duration: duration(0, day), rate: rate(0) }, v.never()),
          expected('a list of { duration, rate }'),
        ),
        v.check((stages) => stages.some((stage) => stage.duration > 0), expected('a stage that takes time')),
        v.check((stages) => stages.some((stage) => stage.rate > 0), expected('a stage with a rate above 0')),
      ),
    ),
    connectRate: v.optional(rate()),
    probe: v.optional(v.unknown()),
    payloadBytes: v.optional(wholeNumber(1, 16_777_216)),
    timeout: v.optional(duration(1, day)),
    connectTimeout: v.optional(duration(1, day)),
    headers: v.optional(
      v.record(
        v.pipe(v.string(), v.check(isToken, expected('a name that HTTP allows'))),
        v.union([headerValue(), v.array(headerValue())], expected('a text or a list of texts', showKind)),
        expected('an object of header names and values', showKind),
      ),
    ),
    protocols: v.optional(
      v.pipe(
        v.union(
          [
            v.pipe(
              v.string(),
              v.transform((name) => [name]),
            ),
            v.array(v.string()),
          ],
          expected('a subprotocol or a list of them'),
        ),
        v.check(
          (names) => names.every(isToken) && new Set(names).size === names.length,
          expected('subprotocol names without spaces or separators, each once'),
        ),
      ),
    ),
    tls: v.optional(
      v.objectWithRest(
        {
          ca: v.optional(v.union([pem(), v.array(pem())], expected('PEM texts or buffers', showKind))),
          cert: v.optional(pem()),
          key: v.optional(pem()),
          passphrase: v.optional(v.string(expected('a text', showKind))),
          servername: v.optional(v.string(expected('a host name'))),
          rejectUnauthorized: v.optional(v.boolean(expected('true or false'))),
        },
        v.never(),
      ),
    ),
    perMessageDeflate: v.optional(v.boolean(expected('true or false'))),
    localAddresses: v.optional(v.array(ipAddress(), expected('a list of IP addresses'))),
    threads: v.optional(
      v.union([v.literal('auto'), wholeNumber(1, 64)], expected("'auto' or a whole number from 1 to 64")),
    ),
    seed: v.optional(wholeNumber(0, 4_294_967_295)),
    signal: v.optional(v.instance(AbortSignal, expected('an AbortSignal'))),
  },
  v.never(),
)

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

/** Lists every mistake in options, each with the option's name; empty when they are right. */
export function findMistakes(input: WsLoadOptions): string[] {
  const { issues = [] } = v.safeParse(schema, input)
  if (typeof input !== 'object' || input === null) return issues.map(describeIssue)
  const sized = !issues.some((issue) => v.getDotPath(issue) === 'payloadBytes')
  const probe = resolveProbe(input.probe ?? defaults.probe, sized ? input.payloadBytes : undefined)
  return [...issues.map(describeIssue), ...mistakesInUntil(input), ...contradictions(input), ...probe.mistakes]
}

/** Options as they can be sent to another process: functions as source text, URLs as text. */
export function portableOptions({ url, probe, ...rest }: WsLoadOptions): WsLoadOptions {
  return {
    ...rest,
    ...(url !== undefined && { url: String(url) }),
    ...(probe !== undefined && { probe: portableProbe(probe) }),
  }
}

/**
 * Checks options and fills in defaults.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, each with the option's name
 */
export function resolveOptions(input: WsLoadOptions): ResolvedOptions {
  const mistakes = findMistakes(input)
  if (mistakes.length > 0) throw invalidOptions(mistakes)
  const given = v.parse(schema, input)
  const longest = given.until === undefined ? defaults.duration : (given.maxDuration ?? defaults.maxDuration)
  const length = given.stages?.reduce((sum, stage) => sum + stage.duration, 0) ?? given.duration ?? longest
  const timeout = given.timeout ?? defaults.timeout
  return {
    url: given.url,
    connections: given.connections ?? defaults.connections,
    duration: given.pings === undefined ? length : Infinity,
    pings: given.pings,
    until: input.until,
    confidence: given.confidence ?? defaults.confidence,
    warmup: given.warmup ?? defaults.warmup,
    drain: given.drain ?? timeout,
    inFlight: given.inFlight ?? defaults.inFlight,
    stages: given.stages ?? (given.rate === undefined ? undefined : [{ duration: Infinity, rate: given.rate }]),
    startRate: given.rate ?? (given.stages?.[0]?.duration === 0 ? given.stages[0].rate : 0),
    arrivals: given.arrivals ?? defaults.arrivals,
    connectRate: given.connectRate ?? Infinity,
    probe: resolveProbe(input.probe ?? defaults.probe, input.payloadBytes).spec!,
    timeout,
    connectTimeout: given.connectTimeout ?? defaults.connectTimeout,
    headers: given.headers ?? {},
    protocols: given.protocols ?? [],
    tls: (given.tls ?? {}) as TlsOptions,
    perMessageDeflate: given.perMessageDeflate ?? false,
    localAddresses: given.localAddresses ?? [],
    threads: given.threads ?? defaults.threads,
    seed: given.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!,
  }
}

/** Puts options over defaults; an option also takes away the defaults that it contradicts. */
export function mergeOptions(defaults: WsLoadOptions, given: WsLoadOptions): WsLoadOptions {
  const kept: Partial<Record<keyof WsLoadOptions, unknown>> = { ...defaults }
  for (const [one, other] of conflicts) {
    if (given[one] !== undefined) delete kept[other]
    if (given[other] !== undefined) delete kept[one]
  }
  if (given.probe !== undefined) delete kept.payloadBytes
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  if ((set.rate ?? set.stages ?? kept.rate ?? kept.stages) === undefined) delete kept.arrivals
  if ((set.until ?? kept.until) === undefined) delete kept.maxDuration
  return { ...kept, ...set } as WsLoadOptions
}

/** The error that lists mistakes in options, one a line. */
export function invalidOptions(mistakes: readonly string[], where = 'wsLoad'): WsLoadError {
  const many = mistakes.length === 1 ? 'an option is wrong' : `${mistakes.length} options are wrong`
  return new WsLoadError(
    'WSLOAD_ERR_INVALID_OPTIONS',
    `${where}: ${many}\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`,
  )
}

/** The options of a run as plain data for the summary: no secrets (a subprotocol can carry a token), no functions. */
export function recordOptions(options: ResolvedOptions): Record<string, unknown> {
  const { stages, startRate, arrivals, inFlight, pings, until, duration, headers, tls, connectRate, url, ...rest } =
    options
  const constantRate = stages?.length === 1 && stages[0]!.duration === Infinity
  return {
    url: url === undefined ? undefined : withoutSecrets(new URL(url).href),
    ...rest,
    ...(until !== undefined ? { until, maxDuration: duration } : pings === undefined ? { duration } : { pings }),
    ...(stages === undefined
      ? { inFlight }
      : constantRate
        ? { rate: startRate, arrivals }
        : { stages, rate: startRate, arrivals }),
    ...(Number.isFinite(connectRate) && { connectRate }),
    probe: describeProbe(options.probe),
    payloadBytes: options.probe.payloadBytes,
    headers: Object.fromEntries(Object.keys(headers).map((name) => [name, '[masked]'])),
    protocols: options.protocols.map(() => '[masked]'),
    tls: Object.fromEntries(
      Object.keys(tls).map((name) => [name, name === 'rejectUnauthorized' ? tls[name] : '[masked]']),
    ),
  }
}

function mistakesInUntil({ until }: WsLoadOptions): string[] {
  if (until === undefined) return []
  return findSLOMistakes(until).map((mistake) => `until${/^[\w.]+: /.test(mistake) ? '.' : ': '}${mistake}`)
}

function contradictions(input: WsLoadOptions): string[] {
  const mistakes = conflicts
    .filter(([one, other]) => input[one] !== undefined && input[other] !== undefined)
    .map(([one, other, why]) => `${one}, ${other}: expected one of the two, got both; ${why}`)
  if (input.arrivals !== undefined && input.rate === undefined && input.stages === undefined) {
    mistakes.push('arrivals: expected a rate or stages with it, got neither; only the open model has arrivals')
  }
  if (input.maxDuration !== undefined && input.until === undefined) {
    mistakes.push('maxDuration: expected until with it; a run that is not decided while it lasts has a duration')
  }
  return mistakes
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? 'options'
  if (issue.type === 'never') {
    const known = issue.path?.length === 1 ? Object.keys(schema.entries) : []
    return `${path}: no such option${didYouMean(String(issue.path?.at(-1)?.key), known)}`
  }
  if (issue.type === 'object_with_rest') {
    return issue.expected === 'Object' ? `${path}: expected an object, got ${show(issue.input)}` : `${path}: missing`
  }
  return `${path}: ${issue.message}`
}

function expected(what: string, shown = show): (issue: v.BaseIssue<unknown>) => string {
  return (issue) => `expected ${what}, got ${shown(issue.input)}`
}

function wholeNumber(min: number, max: number) {
  const form = expected(`a whole number from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`)
  const inRange = (value: number): boolean => Number.isInteger(value) && value >= min && value <= max
  return v.pipe(v.number(form), v.check(inRange, form))
}

function probability() {
  const form = expected('a number above 0.5 and below 1')
  return v.pipe(
    v.number(form),
    v.check((value) => value > 0.5 && value < 1, form),
  )
}

function duration(min: number, max: number) {
  const form = expected(`${durationForms}, from ${formatDuration(min)} to ${max / day} day`)
  return reading(parseDuration, (ms) => ms >= min && ms <= max, form)
}

function rate(min = 0.001) {
  const form = expected(`${rateForms}, from ${min}/s to 1000M/s`)
  return reading(parseRate, (perSecond) => perSecond >= min && perSecond <= 1e9, form)
}

function reading(
  parse: (input: unknown) => number | undefined,
  inRange: (value: number) => boolean,
  form: (issue: v.BaseIssue<unknown>) => string,
) {
  return v.pipe(
    v.union([v.number(), v.string()], form),
    v.check((input) => inRange(parse(input) ?? NaN), form),
    v.transform((input) => parse(input)!),
  )
}

function webSocketUrl() {
  const form = expected('a ws:// or wss:// URL', showAddress)
  return v.pipe(
    v.union([v.string(), v.instance(URL)], form),
    v.transform(String),
    v.check((address) => /^wss?:$/.test(URL.parse(address)?.protocol ?? ''), form),
    v.check((address) => !address.includes('#'), expected('a URL without a fragment (#…)', showAddress)),
  )
}

function showAddress(value: unknown): string {
  return show(typeof value === 'string' ? withoutSecrets(value) : value)
}

/** Names of headers and of subprotocols are tokens (RFC 9110 section 5.6.2, RFC 6455 section 4.1). */
function isToken(name: string): boolean {
  return accepts(() => validateHeaderName(name))
}

function headerValue() {
  return v.pipe(
    v.string(),
    v.check(
      (text) => accepts(() => validateHeaderValue('header', text)),
      expected('characters that HTTP allows', showKind),
    ),
  )
}

function ipAddress() {
  const form = expected('an IP address')
  return v.pipe(
    v.string(form),
    v.check((address) => isIP(address) !== 0, form),
  )
}

function accepts(validate: () => void): boolean {
  try {
    validate()
    return true
  } catch {
    return false
  }
}

function pem() {
  return v.union([v.string(), v.instance(Uint8Array)], expected('a PEM text or a buffer', showKind))
}
