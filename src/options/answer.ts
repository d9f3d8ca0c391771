import { isUtf8 } from 'node:buffer'
import { types } from 'node:util'
import type { Parsed } from '../parsed.ts'
import { messageOf } from '../wire/probe-message.ts'
import type { AnswerFunction, AnswerSpec } from '../wire/probe-spec.ts'
import { show } from '../wording.ts'
import { isBytes } from './realm.ts'
import { tryOutReader, whyUncloneable } from './sent-function.ts'

/**
 * What answers a text or a binary: a message with this content, one whose text matches this pattern, the message itself
 * (`{ echo: true }`), or one of which a function says so. Content and pattern see what a message says, whether it comes as a
 * text or as a binary frame. The function is sent to the load threads as source text, as `request` and `reply` are.
 */
export type AnswerOption = string | Uint8Array | RegExp | { readonly echo: true } | AnswerFunction

/** What an answer is the answer to. */
export interface AskedMessage {
  readonly kind: 'text' | 'binary'
  readonly payload: Uint8Array
}

const inWords = 'a text, a Uint8Array, a RegExp, a function or { echo: true }'
const longestDescription = 80

/** Reads what tells answers to a message from whatever else a server says; each mistake has the option's name. */
export function safeParseAnswer(answer: unknown, data: unknown, asked: AskedMessage): Parsed<AnswerSpec> {
  const source = sourceOf(answer)
  if (source !== undefined) return parseFunction(source, data, asked)
  if (data !== undefined) return mistaken(`probe.data: expected an answer function with it, got ${showAnswer(answer)}`)
  const content = contentOf(answer, asked)
  if (content !== undefined) return { value: { by: 'content', content } }
  if (types.isRegExp(answer)) return { value: { by: 'pattern', pattern: new RegExp(answer.source, answer.flags) } }
  return mistaken(`probe.answer: expected ${inWords}, got ${showAnswer(answer)}`)
}

/** An answer as it can be sent to another process. */
export function portableAnswer(answer: AnswerOption): AnswerOption {
  return typeof answer === 'function' ? ({ source: String(answer) } as never) : answer
}

/** An answer as the summary's options show it. */
export function describeAnswer(answer: AnswerSpec, asked: AskedMessage): string {
  if (answer.by === 'function') return 'by a function'
  if (answer.by === 'pattern') return String(answer.pattern).slice(0, longestDescription)
  return Buffer.from(answer.content).equals(asked.payload) ? 'its echo' : showContent(answer.content)
}

/** The source of a function; the plugin's defaults reach a test as data, their functions as `{ source }`. */
function sourceOf(answer: unknown): string | undefined {
  if (typeof answer === 'function') return String(answer)
  return isPlain(answer, 'source') && typeof answer.source === 'string' ? answer.source : undefined
}

function contentOf(answer: unknown, { payload }: AskedMessage): Uint8Array | undefined {
  if (typeof answer === 'string') return new TextEncoder().encode(answer)
  if (isBytes(answer)) return Uint8Array.from(answer)
  return isPlain(answer, 'echo') && answer.echo === true ? payload : undefined
}

function parseFunction(source: string, data: unknown, { kind, payload }: AskedMessage): Parsed<AnswerSpec> {
  const uncloneable = whyUncloneable(data)
  if (uncloneable !== undefined) {
    return mistaken(`probe.data: expected what survives structuredClone, got "${uncloneable}"`)
  }
  const message = messageOf(payload, 0, payload.length, kind === 'binary')
  const mistake = tryOutReader({ name: 'answer', source, data, returns: 'true or false' }, message)
  return mistake === undefined ? { value: { by: 'function', source, data } } : mistaken(mistake)
}

/** Whether a value is an object with this key and no other. */
function isPlain<Key extends string>(value: unknown, key: Key): value is Readonly<Record<Key, unknown>> {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === key
}

function showAnswer(answer: unknown): string {
  return types.isRegExp(answer) ? String(answer) : show(answer)
}

function showContent(content: Uint8Array): string {
  if (!isUtf8(content)) return show(content)
  return show(new TextDecoder().decode(content.subarray(0, longestDescription)))
}

function mistaken(mistake: string): Parsed<AnswerSpec> {
  return { mistakes: [mistake] }
}
