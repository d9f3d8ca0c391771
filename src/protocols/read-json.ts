import { type ProbeMessage, textOf } from '../wire/probe-message.ts'

/**
 * What a message says in JSON, whether it comes as a text or as a binary frame.
 * @throws {SyntaxError} if it is none
 */
export function readJSON(message: ProbeMessage): unknown {
  return JSON.parse(typeof message === 'string' ? message : textOf(message))
}
