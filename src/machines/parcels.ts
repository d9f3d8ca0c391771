/**
 * Messages of any size over a transport with a limit: structured clones, compressed, in parts. Parts of a sender come in the
 * order in which they were sent; one that is missing is never sent again.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { fromBytes, toBytes } from './clone.ts'

/** Of each part: the number of its message, its own and how many the message has, 32 bits each. */
const headBytes = 12
/** No message is larger, packed or not: reports of a hundred threads have some tens of megabytes. */
const mostMessageBytes = 2 ** 30
/** Small numbers in 32 bits are mostly zeros: the lowest level finds them. */
const compression = { level: 1 }

/** @param nth number of the message, counted by its sender */
export function pack(message: unknown, nth: number, mostBytes: number): Uint8Array[] {
  const body = deflateRawSync(toBytes(message), compression)
  const room = mostBytes - headBytes
  const parts = Math.max(1, Math.ceil(body.length / room))
  return Array.from({ length: parts }, (_, part) => {
    const content = body.subarray(part * room, (part + 1) * room)
    const parcel = Buffer.allocUnsafe(headBytes + content.length)
    parcel.writeUInt32LE(nth, 0)
    parcel.writeUInt32LE(part, 4)
    parcel.writeUInt32LE(parts, 8)
    content.copy(parcel, headBytes)
    return parcel
  })
}

/** A message that has come, and whether one before it has not. */
export interface Received {
  readonly message: unknown
  readonly isAfterGap: boolean
}

/** Puts the parts of one sender's messages together again. */
export class Unpacker {
  /** Number of the message that is to come, or of which these parts are. */
  #nth = 0
  #parts: Buffer[] = []
  #bytes = 0
  #isAfterGap = false

  /** Whether parts of a message have come, and others have not. */
  get isWithin(): boolean {
    return this.#parts.length > 0
  }

  /**
   * @returns the message that a part completes; `undefined` of any other part
   * @throws {RangeError} where it is no part of a message, or one of a message that is too large
   */
  take(bytes: Uint8Array): Received | undefined {
    const parcel = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (parcel.length < headBytes) throw new RangeError('it is no part of a message')
    const [nth, part, parts] = [parcel.readUInt32LE(0), parcel.readUInt32LE(4), parcel.readUInt32LE(8)]
    if (nth !== this.#nth) this.#lose(nth)
    if (part !== this.#parts.length) {
      this.#lose(nth)
      return undefined
    }
    this.#parts.push(parcel.subarray(headBytes))
    this.#bytes += parcel.length
    if (this.#bytes > mostMessageBytes) throw new RangeError('it is too large for a message')
    if (part < parts - 1) return undefined
    const body = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    const received = {
      message: fromBytes(inflateRawSync(body, { maxOutputLength: mostMessageBytes })),
      isAfterGap: this.#isAfterGap,
    }
    this.#begin(nth + 1)
    this.#isAfterGap = false
    return received
  }

  #begin(nth: number): void {
    this.#nth = nth
    this.#parts = []
    this.#bytes = 0
  }

  #lose(nth: number): void {
    this.#begin(nth)
    this.#isAfterGap = true
  }
}
