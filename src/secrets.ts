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

/** Masks what a text that was cut has of a secret: as much of its beginning as stands before `…`, a quotation mark, or the end. */
function maskBeginnings(text: string, secret: string): string {
  const least = secret.slice(0, shortestPart)
  let masked = text
  for (let at = text.lastIndexOf(least); secret.length > shortestPart && at !== -1;) {
    let end = at + shortestPart
    while (end < masked.length && masked[end] === secret[end - at]) end++
    if (/^(?:…|"|$)/.test(masked.slice(end, end + 1))) masked = `${masked.slice(0, at)}masked${masked.slice(end)}`
    at = at === 0 ? -1 : masked.lastIndexOf(least, at - 1)
  }
  return masked
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

/** Texts, numbers and bytes in data that stand under a name of a secret, however deep. */
function secretsIn(data: unknown, isSecret = false, seen = new Set<unknown>()): string[] {
  if (typeof data === 'string' || typeof data === 'number' || typeof data === 'bigint')
    return isSecret ? [`${data}`] : []
  if (typeof data !== 'object' || data === null || seen.has(data)) return []
  // Each byte is a property of its own.
  if (ArrayBuffer.isView(data)) return isSecret ? [textOf(data)] : []
  seen.add(data)
  return Object.entries(data).flatMap(([name, value]) => secretsIn(value, isSecret || secretName.test(name), seen))
}

function textOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return new TextDecoder().decode(new Uint8Array(buffer, byteOffset, byteLength))
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
  const base64 = btoa([...new TextEncoder().encode(secret)].map((byte) => String.fromCodePoint(byte)).join('')).replace(
    /=+$/,
    '',
  )
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
