import { type ProbeMessage, textOf } from '../wire/probe-message.ts'
import { cut } from '../wording.ts'

/** A frame of STOMP 1.2. @see https://stomp.github.io/stomp-specification-1.2.html */
export interface StompFrame {
  readonly command: string
  /** Of a header that is repeated, the first value. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** What a side says that has nothing to say. */
export const heartBeat = '\n'

const [nul, lineFeed, carriageReturn] = [0, 10, 13]

/** Frames whose headers are as those of STOMP 1.0, which has no escapes. */
const withoutEscapes = new Set(['CONNECT', 'CONNECTED'])
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\r': '\\r', '\n': '\\n', ':': '\\c' }
const unescaped = new Map(Object.entries(escapes).map(([character, escape]) => [escape, character]))

/** A frame without its body and the byte that ends it. */
export function frameHead(command: string, headers: Readonly<Record<string, string>>): string {
  const written = withoutEscapes.has(command) ? String : escape
  const lines = Object.entries(headers).map(([name, value]) => `${written(name)}:${written(value)}\n`)
  return `${command}\n${lines.join('')}\n`
}

/** A frame without a body. */
export function frame(command: string, headers: Readonly<Record<string, string>>): string {
  return `${frameHead(command, headers)}\0`
}

/** Escapes a header's name or value. */
function escape(text: string): string {
  return text.replaceAll(/[\\\r\n:]/g, (character) => escapes[character]!)
}

function unescape(text: string): string {
  return text.replaceAll(/\\[^]?/g, (escape) => {
    const character = unescaped.get(escape)
    if (character === undefined)
      throw new Error(`expected a header with escapes of STOMP 1.2, got ${JSON.stringify(text)}`)
    return character
  })
}

/**
 * Reads a frame.
 * @returns `undefined` if it is a heart-beat
 * @throws {Error} if it is neither
 */
export function readFrame(message: ProbeMessage): StompFrame | undefined {
  const text = typeof message === 'string' ? message : textOf(message)
  const [, head, rest = ''] = /^(.+?)\r?\n\r?\n(.*)$/s.exec(text) ?? []
  if (head === undefined) {
    if (/^[\r\n]*$/.test(text)) return undefined
    throw new Error(`expected a STOMP frame, got ${JSON.stringify(cut(text))}`)
  }
  const [command, ...lines] = head.split(/\r?\n/) as [string, ...string[]]
  const read = withoutEscapes.has(command) ? String : unescape
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 0) throw new Error(`expected a header of ${command}, got ${JSON.stringify(line)}`)
    const name = read(line.slice(0, colon))
    if (!headers.has(name)) headers.set(name, read(line.slice(colon + 1)))
  }
  return { command, headers, body: rest.slice(0, rest.lastIndexOf('\0')) }
}

/**
 * How many bytes the first frame in these has, the ends of lines behind it included, or the first heart-beat: more than there
 * are if it is not whole, 0 if that cannot be told yet.
 */
export function frameLength(bytes: Uint8Array): number {
  if (bytes[0] === lineFeed) return 1
  if (bytes[0] === carriageReturn) return bytes.length === 1 ? 0 : 2
  const body = endOfHead(bytes)
  if (body === 0) return 0
  const length = contentLength(textOf(bytes, 0, body))
  const end = length === undefined ? bytes.indexOf(nul, body) + 1 : body + length + 1
  return end === 0 ? 0 : behindLineEnds(bytes, end)
}

/** Where the body begins; 0 if that has not come yet. */
function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    const next = bytes[at + 1] === carriageReturn ? at + 2 : at + 1
    if (bytes[next] === lineFeed) return next + 1
  }
  return 0
}

/** As the first such header says it; a body without one ends with the first zero. */
function contentLength(head: string): number | undefined {
  const [, length] = /\ncontent-length:(\d+)\r?\n/.exec(head) ?? []
  return length === undefined ? undefined : Number(length)
}

function behindLineEnds(bytes: Uint8Array, end: number): number {
  let at = end
  while (bytes[at] === lineFeed || bytes[at] === carriageReturn) at++
  return at
}
