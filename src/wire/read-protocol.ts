import { validateHeaderName } from 'node:http'
import { types } from 'node:util'
import { didYouMean, show } from '../wording.ts'
import { fileOf, importModule } from './import-module.ts'
import type { Protocol } from './protocol.ts'
import { UnusableProbe } from './unusable-probe.ts'

/** What a field of a protocol may be; says what is wrong with another value. */
type Check = (value: unknown) => string | undefined

const fields: Readonly<Record<keyof Protocol, Check>> = {
  subprotocols: (value) =>
    isListOfNames(typeof value === 'string' ? [value] : value)
      ? undefined
      : `expected a subprotocol or a list of them, each once, got ${show(value)}`,
  url: either((value) => typeof value === 'string' || value instanceof URL, 'a URL, or a function of the connection'),
  headers: either(isPlainObject, 'an object of header names and values, or a function of the connection'),
  data: () => undefined,
  session: aFunction,
  message: aFunction,
  split: atOnce('a length'),
  attachments: atOnce('a number'),
  request: atOnce('its message'),
  reply: atOnce('an id'),
  advise: atOnce('a text'),
}
const required: readonly (keyof Protocol)[] = ['request', 'reply']

/**
 * Imports a protocol.
 * @throws {UnusableProbe} with every mistake in it
 */
export async function importProtocol(url: string): Promise<Protocol> {
  const { default: protocol, ...others } = await importModule(url, 'probe.protocol')
  const file = fileOf(url)
  if (!isPlainObject(protocol)) throw new UnusableProbe([describeNone(protocol, others, file)])
  const mistakes = mistakesIn(protocol).map((mistake) => `probe.protocol.${mistake} (${file})`)
  if (mistakes.length > 0) throw new UnusableProbe(mistakes)
  return protocol as unknown as Protocol
}

function describeNone(protocol: unknown, others: Readonly<Record<string, unknown>>, file: string): string {
  const seen = protocol === undefined ? 'no default export' : show(protocol)
  const isProbeModule = typeof others['request'] === 'function' && typeof others['reply'] === 'function'
  const hint = isProbeModule ? '; a module that exports request and reply goes into probe.module' : ''
  return `probe.protocol: expected ${file} to say export default defineProtocol({ … }), got ${seen}${hint}`
}

function mistakesIn(protocol: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(fields)
  return [
    ...Object.entries(protocol).flatMap(([name, value]) => {
      if (!Object.hasOwn(fields, name)) return [`${name}: no such option${didYouMean(name, names)}`]
      const mistake = value === undefined ? undefined : fields[name as keyof Protocol](value)
      return mistake === undefined ? [] : [`${name}: ${mistake}`]
    }),
    ...required.filter((name) => protocol[name] === undefined).map((name) => `${name}: expected a function, got none`),
  ]
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

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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
