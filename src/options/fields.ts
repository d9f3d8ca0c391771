/** The kinds of fields that options have: each reads what a user may write, and says what it expected. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { isIP } from 'node:net'
import * as v from 'valibot'
import { isObject, type Parsed } from '../parsed.ts'
import { withoutSecrets } from '../secrets.ts'
import { durationForms, formatDuration, parseDuration, parseRate, parseRatio, rateForms, ratioForms } from '../units.ts'
import { noSuchOption, show, showKind } from '../wording.ts'
import { isURL } from './realm.ts'

/** Milliseconds, or a text with its unit: `'250us'`, `'20ms'`, `'5s'`, `'2m'`. */
export type Duration = number | string

const dayMs = 86_400_000
const fastestRate = 1e9
const slowestRate = 0.001

type Issue = v.BaseIssue<unknown>

/**
 * An object that has these fields and no others.
 * @param what it is, for messages
 * @param unknown what is said of another field
 */
export function only<const Entries extends v.ObjectEntries>(
  entries: Entries,
  what = 'an object',
  unknown: (name: string) => string = (name) => noSuchOption(name, Object.keys(entries)),
): v.ObjectSchema<Entries, undefined> {
  const schema = v.pipe(
    v.custom((input) => !Array.isArray(input) && !isFieldless(input), expected(what)),
    v.looseObject(entries, expected(what)),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = dataset.value as Record<string, unknown> | null | undefined
      if (typeof input !== 'object' || input === null) return
      for (const [key, value] of Object.entries(input)) {
        if (Object.hasOwn(entries, key)) continue
        addIssue({ message: unknown(key), path: [{ type: 'object', origin: 'key', input, key, value }] })
      }
    }),
  )
  return Object.assign(schema, { entries }) as unknown as v.ObjectSchema<Entries, undefined>
}

/** Whether an input is an object of some class without a field of its own, a URL, a promise, that would pass for one that leaves all out. */
export function isFieldless(input: unknown): boolean {
  if (typeof input !== 'object' || input === null || Object.keys(input).length > 0) return false
  const prototype: unknown = Object.getPrototypeOf(input)
  return prototype !== null && Object.getPrototypeOf(prototype) !== null
}

/**
 * Reads an input by a schema.
 * @param name of the option that the input is; its fields are then told as `name.field`
 */
export function parseFields<Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
  name?: string,
): Parsed<v.InferOutput<Schema>> {
  const { success, output, issues } = v.safeParse(schema, input)
  return success ? { value: output } : { mistakes: issues.map((issue) => describeIssue(issue, name)) }
}

/** Of the fields that a schema has, those that are right. */
export type RightFields<Entries extends Readonly<Record<string, v.GenericSchema>>> = {
  readonly [name in keyof Entries]?: v.InferOutput<Entries[name]> | undefined
}

/** Reads each field of an input by itself, whatever is wrong with the others. */
export function rightFields<Entries extends Readonly<Record<string, v.GenericSchema>>>(
  entries: Entries,
  input: Readonly<Record<string, unknown>>,
): RightFields<Entries> {
  const right = Object.entries<v.GenericSchema>(entries).flatMap(([name, schema]) => {
    const { success, output } = v.safeParse(schema, input[name])
    return success ? [[name, output] as const] : []
  })
  return Object.fromEntries(right) as never
}

function describeIssue(issue: Issue, name: string | undefined): string {
  const path = [name, v.getDotPath(issue)].filter((part) => part !== undefined && part !== null).join('.')
  const isMissing = issue.type === 'loose_object' && issue.expected !== 'Object'
  return `${path || 'options'}: ${isMissing ? 'missing' : issue.message}`
}

/** The message of a field that is not as it should be; `shown` says of it what anyone may read. */
export function expected(what: string, shown = show): (issue: Issue) => string {
  return (issue) => `expected ${what}, got ${shown(issue.input)}`
}

export function wholeNumber(min: number, max: number) {
  const form = expected(`a whole number from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`)
  const inRange = (value: number): boolean => Number.isInteger(value) && value >= min && value <= max
  return v.pipe(v.number(form), v.check(inRange, form))
}

/** How often something may be tried. */
export function attempts() {
  const form = expected('a whole number from 1 to 1,000,000, or Infinity')
  const inRange = (value: number): boolean =>
    value === Infinity || (Number.isInteger(value) && value >= 1 && value <= 1_000_000)
  return v.pipe(v.number(form), v.check(inRange, form))
}

/** How sure a verdict has to be. */
export function probability() {
  const form = expected('a number above 0.5 and below 1')
  return v.pipe(
    v.number(form),
    v.check((value) => value > 0.5 && value < 1, form),
  )
}

/** Milliseconds, from `min` to a day. */
export function duration(min: number) {
  const form = expected(`${durationForms}, from ${formatDuration(min)} to 1 day`)
  return reading(parseDuration, (ms) => ms >= min && ms <= dayMs, form)
}

/** Events per second. */
export function rate(min = slowestRate) {
  const form = expected(`${rateForms}, from ${min}/s to 1000M/s`)
  return reading(parseRate, (perSecond) => perSecond >= min && perSecond <= fastestRate, form)
}

/** Likewise, or none. */
export function rateOrNone() {
  return v.union([v.pipe(rate(0), v.literal(0)), rate()], expected(`${rateForms}, from ${slowestRate}/s to 1000M/s`))
}

/** A ratio above 0. */
export function share() {
  return reading(parseRatio, (ratio) => ratio > 0, expected(`${ratioForms}, above 0`))
}

/** An option that is known elsewhere, and has no place here. @param what is to be used in its place */
export function instead(what: string) {
  return v.optional(v.never(() => `expected ${what}`))
}

function reading(
  parse: (input: unknown) => number | undefined,
  inRange: (value: number) => boolean,
  form: (issue: Issue) => string,
) {
  return v.pipe(
    v.union([v.number(), v.string()], form),
    v.check((input) => inRange(parse(input) ?? NaN), form),
    v.transform((input) => parse(input)!),
  )
}

/** A text that is not empty. */
export function text(what: string) {
  const form = expected(what)
  return v.pipe(
    v.string(form),
    v.check((given) => given.trim() !== '', form),
  )
}

/** What JSON can say. */
export function json(what: string) {
  return v.pipe(v.unknown(), v.check(isSayableInJSON, expected(what)))
}

/** An object that JSON can say. @param shown says of another value what anyone may read */
export function jsonObject(shown = show) {
  const form = expected('an object that JSON can say', shown)
  return v.pipe(
    v.unknown(),
    v.check((given) => isObject(given) && isSayableInJSON(given), form),
    v.transform((given) => given as Readonly<Record<string, unknown>>),
  )
}

function isSayableInJSON(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined
  } catch {
    return false
  }
}

export function flag() {
  return v.boolean(expected('true or false'))
}

/** A `ws://` or `wss://` URL as text. */
export function webSocketUrl() {
  const form = expected('a ws:// or wss:// URL', showAddress)
  return v.pipe(
    v.union([v.string(), v.custom<URL>(isURL)], form),
    v.transform((given) => asWritten(String(given))),
    v.check((address) => /^wss?:$/.test(URL.parse(address)?.protocol ?? ''), form),
    v.check((address) => !address.includes('#'), expected('a URL without a fragment (#…)', showAddress)),
  )
}

/** As it was given, unless only a parser knows that it is a WebSocket's: in capitals, or behind a space. */
function asWritten(address: string): string {
  if (/^wss?:/.test(address)) return address
  const parsed = URL.parse(address)
  return parsed !== null && /^wss?:$/.test(parsed.protocol) ? parsed.href : address
}

function showAddress(value: unknown): string {
  return show(typeof value === 'string' ? withoutSecrets(value) : value)
}

export function headers() {
  return v.pipe(
    sayableNames(),
    v.record(
      v.pipe(v.string(), v.check(isToken, expected('a name that HTTP allows'))),
      v.union([headerValue(), v.array(headerValue())], expected('a text or a list of texts', showKind)),
      expected('an object of header names and values', showKind),
    ),
  )
}

/** Names that valibot leaves out of a record without a word, because they can change what an object is. */
const unsayable = new Set(['__proto__', 'constructor', 'prototype'])

/** What comes before a record whose names the user chooses. */
export function sayableNames() {
  return v.pipe(
    v.unknown(),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = dataset.value as Record<string, unknown> | null | undefined
      if (typeof input !== 'object' || input === null) return
      for (const key of Object.keys(input).filter((name) => unsayable.has(name))) {
        const path: [v.ObjectPathItem] = [{ type: 'object', origin: 'key', input, key, value: undefined }]
        addIssue({ message: 'expected another name, this one is not passed on', path })
      }
    }),
  )
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

/** One text or a list of them, as a list. @param what is expected where it is neither */
export function oneOrMore<One extends string | number>(one: v.GenericSchema<One>, what: string) {
  return v.pipe(
    v.unknown(),
    v.transform((given) => (v.is(one, given) ? [given] : given)),
    v.array(one, expected(what)),
  )
}

/** One subprotocol or a list of them, as a list. */
export function subprotocols() {
  const what = 'a subprotocol or a list of them'
  return v.pipe(
    oneOrMore(v.string(expected(what)), what),
    v.check(
      (names) => names.every(isToken) && new Set(names).size === names.length,
      expected('subprotocol names without spaces or separators, each once'),
    ),
  )
}

/** Names of headers and of subprotocols are tokens (RFC 9110 section 5.6.2, RFC 6455 section 4.1). */
function isToken(name: string): boolean {
  return accepts(() => validateHeaderName(name))
}

function accepts(validate: () => void): boolean {
  try {
    validate()
    return true
  } catch {
    return false
  }
}

export function ipAddresses() {
  const form = expected('an IP address')
  const address = v.pipe(
    v.string(form),
    v.check((text) => isIP(text) !== 0, form),
  )
  return v.array(address, expected('a list of IP addresses'))
}
