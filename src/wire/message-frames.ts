import { maskedFrame, opcodes } from './frames.ts'
import type { ProbeMessage } from './probe-message.ts'

/**
 * What a user's function made, if that can be sent.
 * @throws {TypeError} naming the function
 */
export function checkMessage(made: unknown, name: string): ProbeMessage | readonly ProbeMessage[] {
  if (isMessage(made)) return made
  if (Array.isArray(made) && made.length > 0 && made.every(isMessage)) return made
  throw new TypeError(`${name} returned ${typeof made}, neither a text nor a Uint8Array, nor a list of these`)
}

/** Messages as frames that are ready for a socket. */
export function messageFrames(made: ProbeMessage | readonly ProbeMessage[], maskingKey: Uint8Array): Buffer {
  return isMessage(made)
    ? frameOf(made, maskingKey)
    : Buffer.concat(made.map((message) => frameOf(message, maskingKey)))
}

function isMessage(made: unknown): made is ProbeMessage {
  return typeof made === 'string' || made instanceof Uint8Array
}

function frameOf(message: ProbeMessage, maskingKey: Uint8Array): Buffer {
  return typeof message === 'string'
    ? maskedFrame(opcodes.text, Buffer.from(message), maskingKey)
    : maskedFrame(opcodes.binary, message, maskingKey)
}
