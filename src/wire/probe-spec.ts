import { runInThisContext } from 'node:vm'
import type { ProbeMessage } from './probe-message.ts'
import type { NamedAnswer, PingContext } from './protocol.ts'

/** A request and how to recognise its answer. */
export interface ProbeFunctions {
  /**
   * Makes the message of one ping.
   * @param id a whole number, unique in the run; the answer must carry it back
   * @param data what the probe's `data` holds
   * @param context of the connection that it leaves on
   */
  request(this: void, id: number, data: unknown, context: PingContext): ProbeMessage
  /**
   * Recognises an answer.
   * @returns the id of the ping that the message answers, with the words of an error if it is one; `undefined` when it
   * answers none
   */
  reply(this: void, message: ProbeMessage, data: unknown, context: PingContext): number | NamedAnswer | null | undefined
}

/**
 * How the answer to a message that is the same every time is told from whatever else a server says: it has this content,
 * its text matches this pattern, or this function (its source) says so.
 */
export type AnswerSpec =
  | { readonly by: 'content'; readonly content: Uint8Array }
  | { readonly by: 'pattern'; readonly pattern: RegExp }
  | { readonly by: 'function'; readonly source: string; readonly data: unknown }

/** Says whether a message answers. `data` is what the probe's `data` holds. */
export type AnswerFunction = Recogniser['isAnswer']

/** A method, so that a function whose `data` has a type of its own is one: it is called with what the caller gave. */
interface Recogniser {
  isAnswer(this: void, message: ProbeMessage, data: unknown): boolean
}

/** A probe as a load thread receives it. */
export type ProbeSpec =
  | { readonly kind: 'ping'; readonly payloadBytes: number }
  | {
      readonly kind: 'text' | 'binary'
      readonly payload: Uint8Array
      readonly payloadBytes: number
      /** Without it every message is an answer. */
      readonly answer?: AnswerSpec
    }
  | {
      readonly kind: 'functions'
      readonly request: string
      readonly reply: string
      readonly data: unknown
      readonly payloadBytes?: never
    }
  | { readonly kind: 'module'; readonly module: string; readonly data: unknown; readonly payloadBytes?: never }
  | { readonly kind: 'protocol'; readonly protocol: string; readonly data: unknown; readonly payloadBytes?: never }

/** Turns the source of a function, an arrow or a method into a function again, without anything from around it. */
export function revive(source: string): unknown {
  try {
    return runInThisContext(`(${source})`)
  } catch {
    return Object.values(runInThisContext(`({${source}})`) as object)[0]
  }
}
