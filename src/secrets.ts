/**
 * A URL, or a text that was meant to be one, with its user, its password, the values in its query and its fragment
 * masked; without them as it was given.
 */
export function withoutSecrets(address: string): string {
  const url = URL.parse(address)
  if (url === null || url.host === '') {
    return address
      .replace(/^(\w+:\/\/)?[^?#]*@/, '$1masked@')
      .replace(/(?<=\?)[^#]+/, maskQuery)
      .replace(/(?<=#).+$/s, 'masked')
  }
  if (`${url.username}${url.password}${url.search}${url.hash}` === '') return address
  if (url.username !== '') url.username = 'masked'
  if (url.password !== '') url.password = 'masked'
  url.search = url.search.replace(/(?<=\?).+/, maskQuery)
  if (url.hash !== '') url.hash = 'masked'
  return url.href
}

/** What a server is asked with. */
export interface Asked {
  readonly url: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly protocols?: readonly string[]
  /** What it is told on the way; masked is what stands under a name like `token` or `password`. */
  readonly data?: unknown
}

const secretName =
  /token|pass(?:w|code|phrase)|secret|credential|authorization|api.?key|cookie|jwt|^auth$|^connectionParams$/i

/** Names of what many servers speak: a server may say them of something else, a topic say. */
const publicSubprotocols = new Set(['graphql-transport-ws', 'mqtt', 'v12.stomp'])

/** A part of a header shorter than this may be any word. */
const shortestPart = 6
/** As much of a secret's beginning is nothing else. */
const surelyPart = 20
/** A value shorter than this is in too many words to be masked. */
const shortestValue = 3

/**
 * Masks what a server was asked with wherever the server repeats it: the URL's user, password and query, the values of
 * headers and their parts, subprotocols, secrets in data; as they are, percent-encoded, in base64 and in JSON, and where a text was cut,
 * their beginnings.
 */
export function maskerOf(asked: Asked): (text: string) => string {
  const forms = new Set(secretsOf(asked).flatMap(formsOf))
  const longestFirst = [...forms].toSorted((one, other) => other.length - one.length)
  return (text) => longestFirst.reduce((masked, form) => maskBeginnings(masked.replaceAll(form, 'masked'), form), text)
}

/**
 * Masks what a text that was cut has of a secret: as much of its beginning as stands before an end, or is too long to be there by chance.
 */
function maskBeginnings(text: string, secret: string): string {
  const least = secret.slice(0, shortestPart)
  if (secret.length <= shortestPart || !text.includes(least)) return text
  let masked = ''
  let from = 0
  for (let at = text.indexOf(least); at !== -1; at = text.indexOf(least, from)) {
    let end = at + shortestPart
    while (end < text.length && text[end] === secret[end - at]) end++
    const isBeginning = end - at >= surelyPart || /^(?:…|\.\.\.|["'\\\n]|$)/.test(text.slice(end, end + 3))
    masked += isBeginning ? `${text.slice(from, at)}masked` : text.slice(from, at + 1)
    from = isBeginning ? end : at + 1
  }
  return masked + text.slice(from)
}

function secretsOf({ url, headers = {}, protocols = [], data }: Asked): string[] {
  const { username, password, searchParams, search } = new URL(url)
  const [user, word] = [username, password].map(decode) as [string, string]
  const values = Object.values(headers).flat()
  const parts = values.flatMap((value) => value.split(/[\s,;=]+/)).filter((part) => part.length >= shortestPart)
  // Where there is no value, the name may be the secret; a space may be written as a plus.
  const query = [...[...searchParams].map(([name, value]) => (value === '' ? name : value)), ...rawValues(search)]
  const whole = [
    user,
    word,
    user === '' ? '' : `${user}:${word}`,
    ...query,
    ...values,
    ...protocols.filter((name) => !publicSubprotocols.has(name)),
    ...secretsIn(data),
  ]
  return [...whole.filter((value) => value.length >= shortestValue), ...parts]
}

/** Texts, long numbers and bytes in data that stand under a name of a secret, however deep. */
function secretsIn(data: unknown, isSecret = false, seen = new Map<object, boolean>()): string[] {
  if (typeof data === 'string') return isSecret ? [data] : []
  if (typeof data === 'number' || typeof data === 'bigint')
    return isSecret && `${data}`.length >= shortestPart ? [`${data}`] : []
  if (typeof data !== 'object' || data === null) return []
  const before = seen.get(data)
  if (before === true || before === isSecret) return []
  seen.set(data, isSecret)
  // Each byte of it would be a property of its own.
  if (ArrayBuffer.isView(data)) return isSecret ? formsOfBytes(data) : []
  const entries: Iterable<readonly [unknown, unknown]> =
    data instanceof Map ? data : data instanceof Set ? data.entries() : Object.entries(data)
  return [...entries].flatMap(([name, value]) => secretsIn(value, isSecret || secretName.test(String(name)), seen))
}

/** How bytes may be written: as text, in base64, in hexadecimal. */
function formsOfBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): string[] {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  const hexadecimal = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [new TextDecoder().decode(bytes), base64Of(bytes), hexadecimal]
}

function base64Of(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join('')).replace(/=+$/, '')
}

function rawValues(search: string): string[] {
  return search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1))
}

/** How a server may write it. */
function formsOf(secret: string): string[] {
  const percent = encodeURIComponent(secret.toWellFormed())
  const base64 = base64Of(new TextEncoder().encode(secret))
  const json = JSON.stringify(secret).slice(1, -1)
  return [secret, percent, percent.replaceAll(/%../g, (code) => code.toLowerCase()), base64, json]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `name=masked`; where there is no name, all of it may be a secret. */
function maskQuery(query: string): string {
  return query.replaceAll(/([^&=]+=)?[^&]+/g, '$1masked')
}
