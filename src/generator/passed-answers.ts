import { firstByte, opcodes } from '../wire/frames.ts'

const finBit = firstByte(0)
const lengthBits = 0x7f

/** Between when the last byte of an answer arrived, in milliseconds of `performance.now()`. */
interface Arrival {
  readonly floor: number
  readonly ceiling: number
}

/**
 * When the answers arrived that `ws` is left to read: fragments, compressed messages, what was cut by the end of a read.
 * `ws` may tell of them long after, because inflating takes its time, so the ends of their frames are noted here as they
 * pass. In order.
 *
 * @see RFC 6455 section 5.2
 */
export class PassedAnswers {
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

  constructor(answers: 'pong' | 'message') {
    this.#answers = answers
  }

  /**
   * Follows bytes of a server's stream that `ws` is passed.
   * @param floor when they were surely not there yet, in milliseconds of `performance.now()`
   */
  follow(bytes: Uint8Array, start: number, end: number, floor: number): void {
    for (let at = start; at < end;) {
      if (this.#inPayload) {
        const length = Math.min(this.#payload, end - at)
        this.#payload -= length
        at += length
      } else this.#readHeader(bytes[at++]!)
      if (!this.#inPayload || this.#payload > 0) continue
      this.#inPayload = false
      if (this.#isEndOfAnswer()) this.#arrivals.push({ floor, ceiling: performance.now() })
    }
  }

  /** When the next answer that `ws` tells of arrived. */
  next(): Arrival {
    return this.#arrivals.shift()!
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
  }

  #isEndOfAnswer(): boolean {
    const opcode = this.#first & 0x0f
    if (this.#answers === 'pong') return opcode === opcodes.pong
    return opcode <= opcodes.binary && this.#first >= finBit
  }
}
