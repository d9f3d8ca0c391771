import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ProbeFunctions, type ProbeMessage, type ProbeSpec, revive } from '../wire/probe-spec.ts'
import { show } from '../wording.ts'

/** What a ping is on the wire. */
export type ProbeOption =
  | 'ping'
  | { readonly text: string }
  | { readonly binary: Uint8Array }
  /**
   * The two functions are sent to the load threads as source text: they may use their arguments and globals, and
   * nothing else from around them. What they need besides goes into `data` (which must survive `structuredClone`), or use
   * `module`.
   */
  | (ProbeFunctions & { readonly data?: unknown })
  /** Absolute path or `file:` URL of a module that exports {@link ProbeFunctions}. Each load thread imports it. */
  | { readonly module: string | URL; readonly data?: unknown }

/** A control frame's payload has at most 125 bytes (RFC 6455 section 5.5); the first 8 tell pings apart. */
const pingPayload = { min: 8, max: 125 }

const forms = "'ping', { text }, { binary }, { request, reply } or { module }"

/** Checks a probe and its payload size; all mistakes at once, each with the option's name. */
export function resolveProbe(
  probe: unknown,
  payloadBytes: number | undefined,
): { spec?: ProbeSpec; mistakes: string[] } {
  if (probe === 'ping') return resolvePing(payloadBytes)
  if (typeof probe !== 'object' || probe === null) return mistake(`probe: expected ${forms}, got ${show(probe)}`)
  if ('text' in probe || 'binary' in probe) return resolveMessage(probe, payloadBytes)
  if (payloadBytes !== undefined) {
    return mistake('payloadBytes: expected a ping, text or binary probe with it; your own request decides its size')
  }
  if ('module' in probe || 'request' in probe || 'reply' in probe) return resolveWithData(probe)
  return mistake(`probe: expected ${forms}, got ${show(probe)}`)
}

/** The probe as the summary's options show it. */
export function describeProbe(spec: ProbeSpec): string {
  return spec.kind === 'text' ? `text ${show(new TextDecoder().decode(spec.payload.subarray(0, 80)))}` : spec.kind
}

/** A probe as it can be sent to another process: functions as source text, URLs as text. */
export function portableProbe(probe: ProbeOption): ProbeOption {
  if (typeof probe === 'string') return probe
  if ('module' in probe) return { ...probe, module: String(probe.module) }
  if ('request' in probe) return { ...probe, request: String(probe.request), reply: String(probe.reply) } as never
  return probe
}

function resolvePing(payloadBytes = pingPayload.min): { spec?: ProbeSpec; mistakes: string[] } {
  return payloadBytes >= pingPayload.min && payloadBytes <= pingPayload.max
    ? { spec: { kind: 'ping', payloadBytes }, mistakes: [] }
    : mistake(
        `payloadBytes: expected ${pingPayload.min} to ${pingPayload.max} for control-frame pings (RFC 6455 section 5.5), ` +
          `got ${show(payloadBytes)}; larger payloads need a { text } or { binary } probe`,
      )
}

function resolveMessage(probe: { text?: unknown; binary?: unknown }, payloadBytes: number | undefined) {
  const kind = 'text' in probe ? 'text' : 'binary'
  const content = probe[kind]
  const valid = kind === 'text' ? typeof content === 'string' : content instanceof Uint8Array
  if (!valid)
    return mistake(`probe.${kind}: expected ${kind === 'text' ? 'a text' : 'a Uint8Array'}, got ${show(content)}`)
  const bytes = Uint8Array.from(
    typeof content === 'string' ? new TextEncoder().encode(content) : (content as Uint8Array),
  )
  if (payloadBytes === undefined)
    return { spec: { kind, payload: bytes, payloadBytes: bytes.length } as const, mistakes: [] }
  if (bytes.length === 0) return mistake(`probe.${kind}: expected something to repeat to payloadBytes, got nothing`)
  if (kind === 'text' && bytes.some((byte) => byte > 0x7f)) {
    return mistake('payloadBytes: expected an ASCII text with it, so that cutting it leaves a text')
  }
  const payload = Uint8Array.from({ length: payloadBytes }, (_, at) => bytes[at % bytes.length]!)
  return { spec: { kind, payload, payloadBytes } as const, mistakes: [] }
}

function resolveWithData(probe: { module?: unknown; request?: unknown; reply?: unknown; data?: unknown }) {
  try {
    structuredClone(probe.data)
  } catch (error) {
    return mistake(`probe.data: expected what survives structuredClone, got "${String(error)}"`)
  }
  return 'module' in probe ? resolveModule(probe) : resolveFunctions(probe)
}

function resolveModule(probe: { module?: unknown; data?: unknown }): { spec?: ProbeSpec; mistakes: string[] } {
  const name = String(probe.module)
  if (name.startsWith('file:')) return { spec: { kind: 'module', module: name, data: probe.data }, mistakes: [] }
  if (isAbsolute(name))
    return { spec: { kind: 'module', module: pathToFileURL(name).href, data: probe.data }, mistakes: [] }
  return mistake(
    `probe.module: expected an absolute path or a file: URL, got ${show(probe.module)}; ` +
      `try new URL('./probe.js', import.meta.url)`,
  )
}

function resolveFunctions(probe: { request?: unknown; reply?: unknown; data?: unknown }): {
  spec?: ProbeSpec
  mistakes: string[]
} {
  const { request, reply, data } = probe
  const missing = (['request', 'reply'] as const).filter((name) => !isFunctionLike(probe[name]))
  if (missing.length > 0)
    return mistake(...missing.map((name) => `probe.${name}: expected a function, got ${show(probe[name])}`))
  const spec = { kind: 'functions', request: String(request), reply: String(reply), data } as const
  const mistakes = tryOut(spec)
  return mistakes.length === 0 ? { spec, mistakes } : { mistakes }
}

/** Runs both functions once, cut off from their surroundings as they will be in a load thread. */
function tryOut({ request, reply, data }: { request: string; reply: string; data: unknown }): string[] {
  const cure = 'it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module'
  let message: ProbeMessage
  try {
    const make = revive(request) as ProbeFunctions['request']
    if (isAsync(make)) return ['probe.request: expected a function that returns its message at once, got an async one']
    message = make(1, structuredClone(data))
  } catch (error) {
    return [`probe.request: expected a function that works on its own, got "${String(error)}"; ${cure}`]
  }
  if (typeof message !== 'string' && !ArrayBuffer.isView(message)) {
    return [`probe.request: expected it to return a text or a Uint8Array, got ${show(message)}`]
  }
  let recognise: ProbeFunctions['reply'] | undefined
  try {
    recognise = revive(reply) as ProbeFunctions['reply']
    if (isAsync(recognise)) return ['probe.reply: expected a function that returns its id at once, got an async one']
    recognise(message, structuredClone(data))
  } catch (error) {
    if (recognise === undefined || (error as Error).name === 'ReferenceError') {
      return [`probe.reply: expected a function that works on its own, got "${String(error)}"; ${cure}`]
    }
  }
  return []
}

function isAsync(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object AsyncFunction]'
}

/** The plugin's defaults reach a test as data, their functions as source. */
function isFunctionLike(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'string'
}

function mistake(...mistakes: string[]): { mistakes: string[] } {
  return { mistakes }
}
