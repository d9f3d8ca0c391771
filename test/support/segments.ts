/** Servers that answer correctly, in TCP segments and WebSocket frames cut as they rarely are. */
import type { Server } from './evidence.ts'
import { closePayload, encodeFrame, opcodes, type Frame } from './frames.ts'
import type { ListenOptions } from './listener.ts'
import { chopped, cutOnce, glued } from './outlet.ts'
import { echoFrame, serveBytes } from './raw-server.ts'

/** Echoes, with everything it sends, the handshake's response too, cut every `every` bytes. */
export function chopping({ every, ...options }: ListenOptions & { every: number }): Promise<Server> {
  return serveBytes(options, (socket) => ({ outlet: chopped(socket, every), handshakeThroughOutlet: true }))
}

export type GluingServer = Server & {
  /** How many answers each write held. */
  readonly writes: number[]
}

/** Echoes, with the answers of `ms` written at once. */
export async function gluing(ms: number, options: ListenOptions = {}): Promise<GluingServer> {
  const writes: number[] = []
  const server = await serveBytes(options, (socket) => ({
    outlet: glued(socket, ms, (answers) => writes.push(answers)),
  }))
  return Object.assign(server, { writes })
}

/** Answers pings, and echoes each message in three frames with a ping and an unsolicited pong between them, in one write. */
export function fragmenting(options: ListenOptions = {}): Promise<Server> {
  return serveBytes(options, () => ({
    answer: (frame) =>
      frame.opcode === opcodes.text || frame.opcode === opcodes.binary ? [fragmented(frame)] : echoFrame(frame),
  }))
}

export interface GreetingOptions extends ListenOptions {
  /** Cuts everything the server sends every so many bytes. */
  cut?: number
}

/** Sends a text message in one segment with the handshake's response, then echoes. */
export function greeting(text: string, { cut, ...options }: GreetingOptions = {}): Promise<Server> {
  const opening = encodeFrame({ opcode: opcodes.text, payload: Buffer.from(text) })
  return serveBytes(options, (socket) => ({
    opening,
    ...(cut !== undefined && { outlet: chopped(socket, cut), handshakeThroughOutlet: true }),
  }))
}

export interface InformingOptions extends ListenOptions {
  /** Responses before the one that upgrades. */
  readonly heads: readonly string[]
  /** Milliseconds between the two segments of a connection. */
  readonly pause: number
}

/**
 * Sends informational responses, the handshake's, a text and a close frame 1011: the nth connection the first n bytes of it in a segment
 * of their own.
 */
export function informing({ heads, pause, ...options }: InformingOptions): Promise<Server> {
  let connections = 0
  return serveBytes(options, (socket) => ({
    preamble: Buffer.from(heads.join('')),
    opening: Buffer.concat([
      encodeFrame({ opcode: opcodes.text, payload: Buffer.from('welcome') }),
      encodeFrame({ opcode: opcodes.close, payload: closePayload(1_011, 'no more') }),
    ]),
    outlet: cutOnce(socket, connections++, pause),
    handshakeThroughOutlet: true,
  }))
}

function fragmented({ opcode, payload }: Frame): Buffer {
  const third = Math.ceil(payload.length / 3)
  return Buffer.concat([
    encodeFrame({ opcode, payload: payload.subarray(0, third), fin: false }),
    encodeFrame({ opcode: opcodes.ping, payload: Buffer.from('between') }),
    encodeFrame({ opcode: opcodes.continuation, payload: payload.subarray(third, 2 * third), fin: false }),
    encodeFrame({ opcode: opcodes.pong, payload: Buffer.from('unasked') }),
    encodeFrame({ opcode: opcodes.continuation, payload: payload.subarray(2 * third) }),
  ])
}
