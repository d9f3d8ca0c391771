import { createHash } from 'node:crypto'
import { basename, extname, isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect, isDeepStrictEqual } from 'node:util'
import { defaults } from '../defaults.ts'
import { isObject, mistakesOf, type Parsed } from '../parsed.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'
import { type ProbeFunctions, type ProbeSpec, revive } from '../wire/probe-spec.ts'
import { didYouMean, isShownWhole, noSuchOption, show } from '../wording.ts'
import { type AnswerOption, describeAnswer, portableAnswer, safeParseAnswer } from './answer.ts'
import { isBytes } from './realm.ts'
import { cureOfSentFunction, isAsync, tryOutReader, whyUncloneable, withoutSecretsOf } from './sent-function.ts'

/** How the answers to a message that is the same every time are told from other messages. */
interface Answered {
  /** Default: every message that comes is the answer to the oldest ping. */
  readonly answer?: AnswerOption
  /** Second argument of an `answer` that is a function. */
  readonly data?: unknown
}

/** What a ping is on the wire. */
export type ProbeOption =
  | 'ping'
  | ({ readonly text: string } & Answered)
  | ({ readonly binary: Uint8Array } & Answered)
  /**
   * The two functions are sent to the load threads as source text: they may use their arguments and globals, and
   * nothing else from around them. What they need besides goes into `data` (which must survive `structuredClone`), or use
   * `module`.
   */
  | (ProbeFunctions & { readonly data?: unknown })
  /** Absolute path or `file:` URL of a module that exports {@link ProbeFunctions}. Each load thread imports it. */
  | { readonly module: string | URL; readonly data?: unknown }
  /**
   * Absolute path or `file:` URL of a module with `export default defineProtocol({ … })`, of `vitest-ws-load/protocol`. Each
   * load thread imports it.
   */
  | { readonly protocol: string | URL; readonly data?: unknown }

/** Bytes of a control frame's payload: the first 8 tell pings apart, and it has at most 125 (RFC 6455 section 5.5). */
const controlPayloadBytes = { min: defaults.pingPayloadBytes, max: 125 }
const longestDescription = 80
/** Of the ready-made protocols, by their file: the option that says what is asked for. */
export const askedBy = {
  'socket-io': 'event',
  'socket-io-room': 'event',
  'graphql-ws': 'query',
  'graphql-ws-subscription': 'query',
  'json-rpc': 'method',
  mqtt: 'topic',
  'mqtt-topic': 'topic',
  stomp: 'destination',
  'stomp-topic': 'destination',
} as const
/**
 * Their other options that make a load what it is, and what each is where nothing is said. Who speaks, and how a connection is kept,
 * is not among them.
 */
const shapedBy = {
  namespace: '/',
  join: undefined,
  protocolVersion: 4,
  operationName: undefined,
  variables: undefined,
  extensions: undefined,
  params: undefined,
  args: [],
  payload: '',
  body: '',
  headers: {},
  qos: 0,
  answer: 'receipt',
  publish: undefined,
} as const
/** Those of them that are no content. */
const shownOptions: ReadonlySet<string> = new Set(['namespace', 'operationName', 'answer'])
/** How {@link inspect} says all of a value, whatever the order in which it was written. */
const inFull = {
  customInspect: false,
  depth: Infinity,
  maxArrayLength: Infinity,
  maxStringLength: Infinity,
  breakLength: Infinity,
  sorted: true,
} as const
/** Digits of a hash: as many as tell any two messages apart that somebody compares. */
const digestDigits = 12

/** The keys of each form; the first one tells it from the others. */
const forms = {
  text: ['text', 'answer', 'data'],
  binary: ['binary', 'answer', 'data'],
  module: ['module', 'data'],
  protocol: ['protocol', 'data'],
  functions: ['request', 'reply', 'data'],
} as const
const everyKey = [...new Set(Object.values(forms).flat())]
const inWords = "'ping', { text }, { binary }, { request, reply }, { module } or { protocol }"

type Fields = Readonly<Record<string, unknown>>
type ParsedProbe = Parsed<ProbeSpec>
type MessageSpec = Extract<ProbeSpec, { payload: Uint8Array }>
type ProtocolSpec = Extract<ProbeSpec, { kind: 'protocol' }>

/** Reads a probe and its payload's size; each mistake has the option's name. */
export function safeParseProbe(probe: unknown, payloadBytes?: number): ParsedProbe {
  if (probe === 'ping') return parsePing(payloadBytes)
  if (typeof probe !== 'object' || probe === null) return mistaken(`probe: expected ${inWords}, got ${show(probe)}`)
  const fields = probe as Fields
  const form = formOf(fields)
  if (form === undefined) return mistaken(...describeNone(fields))
  const unknown = Object.keys(fields)
    .filter((key) => !isKeyOf(form, key))
    .map((key) => describeUnknown(key, form))
  const parsed = parseForm(form, fields, payloadBytes)
  return unknown.length === 0 ? parsed : mistaken(...unknown, ...mistakesOf(parsed))
}

function parseForm(form: keyof typeof forms, fields: Fields, payloadBytes: number | undefined): ParsedProbe {
  if (form === 'text' || form === 'binary') return parseAnswered(parseMessage(form, fields[form], payloadBytes), fields)
  const uncloneable = whyUncloneable(fields['data'])
  const parsed = form === 'functions' ? parseFunctions(fields, uncloneable === undefined) : parseModule(form, fields)
  const mistakes = [
    ...(payloadBytes === undefined
      ? []
      : ['payloadBytes: expected a ping, text or binary probe with it; your own request decides its size']),
    ...(uncloneable === undefined ? [] : [`probe.data: expected what survives structuredClone, got "${uncloneable}"`]),
    ...mistakesOf(parsed),
  ]
  return mistakes.length === 0 ? parsed : { mistakes }
}

/** The probe as the summary's options show it: those that send other messages have other words, as far as anyone but their functions knows. */
export function recordedProbe(spec: ProbeSpec): string {
  if (spec.kind === 'protocol') return `${describeProbe(spec)}${describeShape(spec)}`
  if (spec.kind !== 'text' && spec.kind !== 'binary') return describeProbe(spec)
  const { kind, payload } = spec
  const isShort = kind === 'text' && payload.byteLength <= longestDescription
  const isTold = isShort && isShownWhole(new TextDecoder().decode(payload))
  return isTold ? describeProbe(spec) : `${describeProbe(spec)}, sha256 ${digest(payload)}`
}

function digest(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, digestDigits)
}

/** The probe in words. */
export function describeProbe(spec: ProbeSpec): string {
  if (spec.kind === 'protocol') return `protocol ${spec.protocol.split('/').at(-1)}${describeAsked(spec)}`
  if (spec.kind !== 'text' && spec.kind !== 'binary') return spec.kind
  const { kind, payload, answer } = spec
  const message =
    kind === 'text' ? `text ${show(new TextDecoder().decode(payload.subarray(0, longestDescription)))}` : kind
  return answer === undefined ? message : `${message}, answer ${describeAnswer(answer, spec)}`
}

/** What a ready-made protocol asks for; an event, where nothing else is said of it, is that which is published. */
function describeAsked({ protocol, data }: ProtocolSpec): string {
  const option = optionOf(protocol)
  if (option === undefined || !isObject(data)) return ''
  const { publish } = data
  const asked = data[option] ?? (isObject(publish) ? publish[option] : undefined)
  return typeof asked === 'string' ? `, ${option} ${inShort(asked)}` : ''
}

/** What else the messages of a ready-made protocol are, whatever their secrets: they may be others in each run. */
function describeShape({ protocol, data }: ProtocolSpec): string {
  if (optionOf(protocol) === undefined || !isObject(data)) return ''
  return Object.entries(shapedBy)
    .map(([name, usual]) => ({ name, usual, value: data[name] }))
    .filter(({ usual, value }) => value !== undefined && !isDeepStrictEqual(value, usual))
    .map(({ name, value }) => `, ${name} ${describeValue(name, value)}`)
    .join('')
}

function describeValue(name: string, value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string' && shownOptions.has(name)) return inShort(value)
  return `sha256 ${digest(withoutSecretsOf({ [name]: value }, inspect(value, inFull)))}`
}

/** A text, or what tells it from others. */
function inShort(text: string): string {
  return isShownWhole(text) ? show(text) : `sha256 ${digest(text)}`
}

/** Of a ready-made protocol: the option that says what is asked for. */
function optionOf(protocol: string): string | undefined {
  return (askedBy as Readonly<Record<string, string>>)[basename(protocol, extname(protocol))]
}

/** A probe as it can be sent to another process: functions as source text, URLs as text. */
export function portableProbe(probe: ProbeOption): ProbeOption {
  if (typeof probe === 'string') return probe
  if ('module' in probe) return { ...probe, module: String(probe.module) }
  if ('protocol' in probe) return { ...probe, protocol: String(probe.protocol) }
  if ('request' in probe) return { ...probe, request: String(probe.request), reply: String(probe.reply) } as never
  return probe.answer === undefined ? probe : { ...probe, answer: portableAnswer(probe.answer) }
}

function formOf(fields: Fields): keyof typeof forms | undefined {
  if ('text' in fields) return 'text'
  if ('binary' in fields) return 'binary'
  if ('module' in fields) return 'module'
  if ('protocol' in fields) return 'protocol'
  return 'request' in fields || 'reply' in fields ? 'functions' : undefined
}

function isKeyOf(form: keyof typeof forms, key: string): boolean {
  return (forms[form] as readonly string[]).includes(key)
}

/** Of an object that is none of the forms: the names that are nearly right, else the forms. */
function describeNone(fields: Fields): string[] {
  const nearlyRight = Object.keys(fields)
    .map((key) => ({ key, hint: didYouMean(key, everyKey) }))
    .filter(({ hint }) => hint !== '')
  if (nearlyRight.length > 0) return nearlyRight.map(({ key, hint }) => `probe.${key}: no such option${hint}`)
  return [`probe: expected ${inWords}, got ${show(fields)}`]
}

function describeUnknown(key: string, form: keyof typeof forms): string {
  const isOfAnother = (everyKey as readonly string[]).includes(key)
  if (isOfAnother) return `probe.${key}: expected ${inWords}, got it with ${forms[form][0]}`
  return `probe.${key}: ${noSuchOption(key, forms[form])}`
}

function parsePing(payloadBytes: number = controlPayloadBytes.min): ParsedProbe {
  const { min, max } = controlPayloadBytes
  if (payloadBytes >= min && payloadBytes <= max) return { value: { kind: 'ping', payloadBytes } }
  return mistaken(
    `payloadBytes: expected ${min} to ${max} for control-frame pings (RFC 6455 section 5.5), ` +
      `got ${show(payloadBytes)}; larger payloads need a { text } or { binary } probe`,
  )
}

/** A message, with what answers it where that is said. */
function parseAnswered(message: Parsed<MessageSpec>, { answer, data }: Fields): ParsedProbe {
  if (answer === undefined && data === undefined) return message
  if (answer === undefined) return mistaken(...mistakesOf(message), 'probe.data: expected an answer function with it')
  // What is wrong with the answer is told together with what is wrong with the message.
  const asked = 'value' in message ? message.value : ({ kind: 'text', payload: new Uint8Array() } as const)
  const parsed = safeParseAnswer(answer, data, asked)
  if ('mistakes' in message || 'mistakes' in parsed) return mistaken(...mistakesOf(message, parsed))
  return { value: { ...message.value, answer: parsed.value } }
}

function parseMessage(
  kind: 'text' | 'binary',
  content: unknown,
  payloadBytes: number | undefined,
): Parsed<MessageSpec> {
  const bytes =
    kind === 'text'
      ? typeof content === 'string' && new TextEncoder().encode(content)
      : isBytes(content) && Uint8Array.from(content)
  if (bytes === false) {
    return mistaken(`probe.${kind}: expected ${kind === 'text' ? 'a text' : 'a Uint8Array'}, got ${show(content)}`)
  }
  if (payloadBytes === undefined) return { value: { kind, payload: bytes, payloadBytes: bytes.length } }
  if (bytes.length === 0) return mistaken(`probe.${kind}: expected something to repeat to payloadBytes, got nothing`)
  if (kind === 'text' && bytes.some((byte) => byte > 0x7f)) {
    return mistaken('payloadBytes: expected an ASCII text with it, so that cutting it leaves a text')
  }
  return { value: { kind, payload: new Uint8Array(Buffer.alloc(payloadBytes, bytes)), payloadBytes } }
}

function parseModule(form: 'module' | 'protocol', fields: Fields): ParsedProbe {
  const file = parseFile(form, fields[form])
  if ('mistakes' in file) return file
  const { data } = fields
  return form === 'module'
    ? { value: { kind: form, module: file.value, data } }
    : { value: { kind: form, protocol: file.value, data } }
}

/** The URL of a module's file. */
function parseFile(form: 'module' | 'protocol', file: unknown): Parsed<string> {
  const name = String(file)
  if (name.startsWith('file:')) return { value: name }
  if (isAbsolute(name)) return { value: pathToFileURL(name).href }
  const example = form === 'module' ? './probe.js' : './chat.protocol.ts'
  return mistaken(
    `probe.${form}: expected an absolute path or a file: URL, got ${show(file)}; try new URL('${example}', import.meta.url)`,
  )
}

/** @param canRun whether their data can be sent to where they run */
function parseFunctions({ request, reply, data }: Fields, canRun: boolean): ParsedProbe {
  const missing = Object.entries({ request, reply }).filter(([, value]) => !isFunctionLike(value))
  if (missing.length > 0) {
    return mistaken(...missing.map(([name, value]) => `probe.${name}: expected a function, got ${show(value)}`))
  }
  const spec = { kind: 'functions', request: String(request), reply: String(reply), data } as const
  const mistake = canRun ? tryOut(spec) : undefined
  return mistake === undefined ? { value: spec } : mistaken(mistake)
}

/** Runs both functions once, cut off from their surroundings as they will be in a load thread; says what goes wrong. */
function tryOut({ request, reply, data }: { request: string; reply: string; data: unknown }): string | undefined {
  let message: ProbeMessage
  try {
    const make = revive(request) as ProbeFunctions['request']
    if (isAsync(make)) return 'probe.request: expected a function that returns its message at once, got an async one'
    message = make(1, structuredClone(data), { index: 0, state: undefined, data: structuredClone(data) })
  } catch (error) {
    return `probe.request: expected a function that works on its own, got "${withoutSecretsOf(data, String(error))}"; ${cureOfSentFunction}`
  }
  if (typeof message !== 'string' && !isBytes(message)) {
    return `probe.request: expected it to return a text or a Uint8Array, got ${show(message)}`
  }
  return tryOutReader({ name: 'reply', source: reply, data, returns: 'its id' }, message)
}

/** The plugin's defaults reach a test as data, their functions as source. */
function isFunctionLike(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'string'
}

function mistaken(...mistakes: readonly string[]): { readonly mistakes: readonly string[] } {
  return { mistakes }
}
