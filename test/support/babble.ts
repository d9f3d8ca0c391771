/** A server that breaks the protocol. */
import type { Server } from './evidence.ts'
import { closePayload, encodeFrame, opcodes } from './frames.ts'
import type { ListenOptions } from './listener.ts'
import { misbehaving } from './misbehaving.ts'

const hello = Buffer.from('hello')

export type Babble =
  | 'an invalid opcode'
  | 'a masked frame'
  | 'a masked pong'
  | 'a reserved bit'
  | 'a compressed frame unasked'
  | 'an oversized pong'
  | 'a fragmented pong'
  | 'a stray continuation'
  | 'a message inside a message'
  | 'invalid UTF-8'
  | 'a bad close code'
  | 'a one-byte close'
  | 'an impossible length'
  | 'HTTP garbage'

/** What no server may send, each by its name. */
export const babbles: Readonly<Record<Babble, Buffer>> = {
  'an invalid opcode': encodeFrame({ opcode: 3, payload: hello }),
  'a masked frame': encodeFrame({ opcode: opcodes.text, payload: hello, masked: true }),
  'a masked pong': encodeFrame({ opcode: opcodes.pong, payload: hello, masked: true }),
  'a reserved bit': encodeFrame({ opcode: opcodes.text, payload: hello, rsv: 2 }),
  'a compressed frame unasked': encodeFrame({ opcode: opcodes.text, payload: hello, rsv: 4 }),
  'an oversized pong': encodeFrame({ opcode: opcodes.pong, payload: Buffer.alloc(126) }),
  'a fragmented pong': encodeFrame({ opcode: opcodes.pong, payload: hello, fin: false }),
  'a stray continuation': encodeFrame({ opcode: opcodes.continuation, payload: hello }),
  'a message inside a message': Buffer.concat([
    encodeFrame({ opcode: opcodes.text, payload: hello, fin: false }),
    encodeFrame({ opcode: opcodes.text, payload: hello }),
  ]),
  'invalid UTF-8': encodeFrame({ opcode: opcodes.text, payload: Buffer.from([0x68, 0xc3, 0x28]) }),
  'a bad close code': encodeFrame({ opcode: opcodes.close, payload: closePayload(1005) }),
  'a one-byte close': encodeFrame({ opcode: opcodes.close, payload: Buffer.from([3]) }),
  'an impossible length': Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255]),
  'HTTP garbage': Buffer.from('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'),
}

export interface BabblingOptions extends ListenOptions {
  /** When a connection hears the babble: with its nth answer, or so many ms after its handshake. @default right after it */
  after?: { answers: number } | { ms: number }
}

/** Echoes, then sends bytes that break the protocol and answers nothing any more but the close frame. */
export function babbling(
  babble: Babble | Buffer,
  { after = { answers: 0 }, ...options }: BabblingOptions = {},
): Promise<Server> {
  const say = typeof babble === 'string' ? babbles[babble] : babble
  return misbehaving({ when: after, say, ...options })
}
