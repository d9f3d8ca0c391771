/** RFC 6455 frames of a server, written and read independently of the code under test. */

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface Frame {
  readonly opcode: number
  readonly payload: Buffer
  readonly fin?: boolean
  /** The three reserved bits, 0 to 7. */
  readonly rsv?: number
  readonly masked?: boolean
}

export function encodeFrame({ opcode, payload, fin = true, rsv = 0, masked = false }: Frame): Buffer {
  const size = payload.length
  const length = size < 126 ? [size] : size < 65_536 ? [126, size >> 8, size & 255] : [127, ...bigEndian64(size)]
  const head = Buffer.from([(fin ? 128 : 0) | (rsv << 4) | opcode, ...length])
  if (!masked) return Buffer.concat([head, payload])
  head[1]! |= 128
  const key = Buffer.from([0x37, 0xfa, 0x21, 0x3d])
  return Buffer.concat([head, key, unmask(payload, key)])
}

/** Payload of a close frame. */
export function closePayload(code: number, reason = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])
}

/** Cuts the bytes of a stream into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** The frames that are complete with these bytes. */
  read(bytes: Buffer): Required<Frame>[] {
    this.#rest = Buffer.concat([this.#rest, bytes])
    const frames: Required<Frame>[] = []
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next(): Required<Frame> | undefined {
    const bytes = this.#rest
    if (bytes.length < 2) return undefined
    const [first, second] = [bytes[0]!, bytes[1]!]
    const masked = second >= 128
    const short = second & 127
    let at = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0)
    if (bytes.length < at) return undefined
    const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
    const key = bytes.subarray(at, (at += masked ? 4 : 0))
    if (bytes.length < at + size) return undefined
    const payload = bytes.subarray(at, at + size)
    this.#rest = bytes.subarray(at + size)
    return {
      opcode: first & 15,
      fin: first >= 128,
      rsv: (first >> 4) & 7,
      masked,
      payload: masked ? unmask(payload, key) : payload,
    }
  }
}

function unmask(payload: Buffer, key: Buffer): Buffer {
  return Buffer.from(payload.map((byte, at) => byte ^ key[at & 3]!))
}

function bigEndian64(size: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(size))
  return bytes
}
