import { randomFillSync } from 'node:crypto'

/** Opcodes of RFC 6455 section 5.2. */
export const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const

/** The first byte of an unfragmented frame without extensions. */
export function firstByte(opcode: number): number {
  return 0x80 | opcode
}

/**
 * A masking key of a client's frames (RFC 6455 section 5.3). A load thread draws one for all of its frames: the key
 * protects intermediaries from what a browser's scripts choose, and here nobody but the user chooses.
 */
export function drawMaskingKey(): Uint8Array {
  return randomFillSync(new Uint8Array(4))
}

/** Bytes of a masked frame's header. */
export function headerLength(payloadLength: number): number {
  return payloadLength < 126 ? 6 : payloadLength < 65_536 ? 8 : 14
}

/** A whole masked frame around a payload. */
export function maskedFrame(opcode: number, payload: Uint8Array, key: Uint8Array): Buffer {
  const start = headerLength(payload.length)
  const frame = Buffer.allocUnsafe(start + payload.length)
  frame[0] = firstByte(opcode)
  if (start === 6) {
    frame[1] = 0x80 | payload.length
  } else if (start === 8) {
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(payload.length, 2)
  } else {
    frame[1] = 0x80 | 127
    frame.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  frame.set(key, start - 4)
  for (let at = 0; at < payload.length; at++) frame[start + at] = payload[at]! ^ key[at & 3]!
  return frame
}

/** Equal frames one behind the other, and the views of the first 0, 1, 2, … of them. */
export interface FrameBatch {
  readonly bytes: Buffer
  readonly views: readonly Buffer[]
}

/** Makes a {@link FrameBatch}, so that sending any number of frames up to `size` allocates nothing. */
export function batchOf(frame: Buffer, size: number): FrameBatch {
  const bytes = Buffer.allocUnsafeSlow(frame.length * size)
  for (let nth = 0; nth < size; nth++) bytes.set(frame, nth * frame.length)
  const views = Array.from({ length: size + 1 }, (_, count) => bytes.subarray(0, count * frame.length))
  return { bytes, views }
}
