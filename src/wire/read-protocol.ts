import { validateHeaderName } from 'node:http'
import { types } from 'node:util'
import { isObject } from '../parsed.ts'
import { noSuchOption, show } from '../wording.ts'
import { fileOf, importModule } from './import-module.ts'
import type { FanOutProtocol, Protocol } from './protocol.ts'
import { UnusableProbe } from './unusable-probe.ts'

/** What a field of a protocol may be; says what is wrong with another value. */
type Check = (value: unknown) => string | undefined

const fields: Readonly<Record<keyof Protocol | keyof FanOutProtocol, Check>> = {
  subprotocols: (value) =>
    isListOfNames(typeof value === 'string' ? [value] : value)
      ? undefined
      : `expected a subprotocol or a list of them, each once, got ${show(value)}`,
  url: either((value) => typeof value === 'string' || value instanceof URL, 'a URL, or a function of the connection'),
  headers: either(isObject, 'an object of header names and values, or a function of the connection'),
  data: () => undefined,
  session: aFunction,
  message: aFunction,
  split: atOnce('a length'),
  attachments: atOnce('a number'),
  request: atOnce('its message'),
  reply: atOnce('an id'),
  publish: atOnce('its message'),
  delivery: atOnce('an id'),
  advise: atOnce('a text'),
}

/** What a protocol is imported for: the option that names it, and what it has to have for that. */
const uses = {
  ping: { option: 'probe.protocol', required: ['request', 'reply'] },
  fanOut: { option: 'protocol', required: ['publish', 'delivery'] },
} as const
type Use = keyof typeof uses

/**
 * Imports a protocol whose messages are pings.
 * @throws {UnusableProbe} with every mistake in it
 */
export async function importProtocol(url: string): Promise<Protocol> {
  return (await importFor('ping', url)) as Protocol
}

/**
 * Imports a protocol whose messages one publishes and many receive.
 * @throws {UnusableProbe} with every mistake in it
 */
export async function importFanOut(url: string): Promise<FanOutProtocol> {
  return (await importFor('fanOut', url)) as FanOutProtocol
}

async function importFor(use: Use, url: string): Promise<unknown> {
  const { option } = uses[use]
  const { default: protocol, ...others } = await importModule(url, option)
  const file = fileOf(url)
  if (!isObject(protocol)) throw new UnusableProbe([describeNone(option, protocol, others, file)])
  const mistakes = mistakesIn(protocol, use).map((mistake) => `${option}.${mistake} (${file})`)
  if (mistakes.length > 0) throw new UnusableProbe(mistakes)
  return protocol
}

function describeNone(
  option: string,
  protocol: unknown,
  others: Readonly<Record<string, unknown>>,
  file: string,
): string {
  const seen = protocol === undefined ? 'no default export' : show(protocol)
  const isProbeModule = typeof others['request'] === 'function' && typeof others['reply'] === 'function'
  const hint = isProbeModule ? '; a module that exports request and reply goes into probe.module' : ''
  return `${option}: expected ${file} to say export default defineProtocol({ … }), got ${seen}${hint}`
}

function mistakesIn(protocol: Readonly<Record<string, unknown>>, use: Use): string[] {
  const ofOthers = new Set<string>(use === 'ping' ? uses.fanOut.required : uses.ping.required)
  const names = Object.keys(fields).filter((name) => !ofOthers.has(name))
  return [
    ...Object.entries(protocol).flatMap(([name, value]) => {
      if (!Object.hasOwn(fields, name)) return [`${name}: ${noSuchOption(name, names)}`]
      const mistake = value === undefined ? undefined : fields[name as keyof typeof fields](value)
      return mistake === undefined ? [] : [`${name}: ${mistake}`]
    }),
    ...uses[use].required
      .filter((name) => protocol[name] === undefined)
      .map((name) => `${name}: expected a function, got none${describeOther(protocol, use)}`),
  ]
}

/** What a protocol that was not made for this use is for. */
function describeOther(protocol: Readonly<Record<string, unknown>>, use: Use): string {
  const other = use === 'ping' ? uses.fanOut : uses.ping
  const isForOther = other.required.every((name) => typeof protocol[name] === 'function')
  if (!isForOther) return ''
  return use === 'ping' ? '; publish and delivery are for wsLoad.fanOut()' : '; request and reply are for wsLoad()'
}

/** What is the same for all connections, or a function that says it for one. */
function either(isRight: (value: unknown) => boolean, what: string): Check {
  return (value) => {
    if (types.isAsyncFunction(value)) return `expected ${what} that returns at once, got an async one`
    return isRight(value) || typeof value === 'function' ? undefined : `expected ${what}, got ${show(value)}`
  }
}

function aFunction(value: unknown): string | undefined {
  return typeof value === 'function' ? undefined : `expected a function, got ${show(value)}`
}

function atOnce(what: string): Check {
  return (value) => {
    return types.isAsyncFunction(value)
      ? `expected a function that returns ${what} at once, got an async one`
      : aFunction(value)
  }
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.every(isToken) && new Set(value).size === value.length
}

/** Names of subprotocols are tokens (RFC 6455 section 4.1). */
function isToken(name: unknown): boolean {
  try {
    validateHeaderName(name as string)
    return typeof name === 'string'
  } catch {
    return false
  }
}
