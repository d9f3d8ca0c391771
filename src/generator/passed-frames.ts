import { performance } from 'node:perf_hooks'
import { firstByte, opcodes } from '../wire/frames.ts'

const finBit = firstByte(0)
const lengthBits = 0x7f
/** What a fragment, or a piece of a frame, takes in memory besides its bytes. */
export const bytesPerPiece = 256

/** Between when the last byte of an answer arrived, in milliseconds of `performance.now()`. */
interface Arrival {
  readonly floor: number
  readonly ceiling: number
}

/** A close frame without a code counts as 1005, and the reason of one that has none is empty. */
interface CloseFrame {
  readonly code: number
  readonly reason: Buffer
}

/**
 * Follows what `ws` is left to read: fragments, compressed messages, what was cut by the end of a read, all but whole answers.
 *
 * @see RFC 6455 section 5.2
 */
export class PassedFrames {
  /** What `ws` has to keep of a message that is not complete, in bytes of memory; of a compressed one before it is inflated. */
  unfinished = 0
  /** The close frame, once it is complete: what comes behind it is not followed. */
  close: CloseFrame | undefined
  readonly #answers: 'pong' | 'message'
  readonly #arrivals: Arrival[] = []
  /** Bytes of the header under way that were read, and their first one. */
  #headerRead = 0
  #first = 0
  /** Bytes that the header has on top of the first two, for the length. */
  #lengthBytes = 0
  /** Length of the payload as far as the header told it, then bytes of the payload that are still to come. */
  #payload = 0
  #inPayload = false
  /** Of a close frame. */
  #closePayload: Buffer = Buffer.alloc(0)

  constructor(answers: 'pong' | 'message') {
    this.#answers = answers
  }

  /**
   * Follows bytes of a server's stream that `ws` is passed.
   * @param floor when they were surely not there yet, in milliseconds of `performance.now()`
   */
  follow(bytes: Uint8Array, start: number, end: number, floor: number): void {
    if (this.#inPayload && this.#isData) this.unfinished += bytesPerPiece
    for (let at = start; at < end && this.close === undefined;) {
      if (this.#inPayload) {
        const length = Math.min(this.#payload, end - at)
        this.#readPayload(bytes, at, at + length)
        at += length
      } else this.#readHeader(bytes[at++]!)
      if (!this.#inPayload || this.#payload > 0) continue
      this.#inPayload = false
      this.#endFrame(floor)
    }
  }

  /** When the next answer that `ws` tells of arrived: it may tell long after, because inflating takes its time. */
  next(): Arrival {
    return this.#arrivals.shift()!
  }

  /** Whether answers have arrived that `ws` is still to tell of. */
  get isBehind(): boolean {
    return this.#arrivals.length > 0
  }

  get #opcode(): number {
    return this.#first & 0x0f
  }

  get #isData(): boolean {
    return this.#opcode <= opcodes.binary
  }

  #readHeader(byte: number): void {
    const at = this.#headerRead++
    if (at === 0) {
      this.#first = byte
      return
    }
    if (at === 1) {
      const code = byte & lengthBits
      this.#lengthBytes = code === 127 ? 8 : code === 126 ? 2 : 0
      this.#payload = this.#lengthBytes > 0 ? 0 : code
    } else this.#payload = this.#payload * 256 + byte
    if (this.#headerRead < 2 + this.#lengthBytes) return
    this.#headerRead = 0
    this.#inPayload = true
    if (this.#isData) this.unfinished += bytesPerPiece
  }

  #readPayload(bytes: Uint8Array, start: number, end: number): void {
    this.#payload -= end - start
    if (this.#isData) this.unfinished += end - start
    else if (this.#opcode === opcodes.close) {
      this.#closePayload = Buffer.concat([this.#closePayload, bytes.subarray(start, end)])
    }
  }

  #endFrame(floor: number): void {
    if (this.#isEndOfAnswer()) this.#arrivals.push({ floor, ceiling: performance.now() })
    if (this.#isData && this.#first >= finBit) this.unfinished = 0
    if (this.#opcode !== opcodes.close) return
    const payload = this.#closePayload
    this.close = { code: payload.length < 2 ? 1005 : payload.readUInt16BE(), reason: payload.subarray(2) }
  }

  #isEndOfAnswer(): boolean {
    if (this.#answers === 'pong') return this.#opcode === opcodes.pong
    return this.#isData && this.#first >= finBit
  }
}
