import { runInThisContext } from 'node:vm'

/** A message as a probe's functions see it: a text frame's text, or a binary frame's bytes. */
export type ProbeMessage = string | Uint8Array

/** A request and how to recognise its answer. */
export interface ProbeFunctions {
  /**
   * Makes the message of one ping.
   * @param id a whole number, unique in the run; the answer must carry it back
   * @param data what the probe's `data` holds
   */
  request(this: void, id: number, data: unknown): ProbeMessage
  /**
   * Recognises an answer.
   * @returns the id of the ping that the message answers, or `undefined` when it answers none
   */
  reply(this: void, message: ProbeMessage, data: unknown): number | undefined
}

/** A probe as a load thread receives it. */
export type ProbeSpec =
  | { readonly kind: 'ping'; readonly payloadBytes: number }
  | { readonly kind: 'text' | 'binary'; readonly payload: Uint8Array; readonly payloadBytes: number }
  | {
      readonly kind: 'functions'
      readonly request: string
      readonly reply: string
      readonly data: unknown
      readonly payloadBytes?: never
    }
  | { readonly kind: 'module'; readonly module: string; readonly data: unknown; readonly payloadBytes?: never }

/** Turns the source of a function, an arrow or a method into a function again, without anything from around it. */
export function revive(source: string): unknown {
  try {
    return runInThisContext(`(${source})`)
  } catch {
    return Object.values(runInThisContext(`({${source}})`) as object)[0]
  }
}
