import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { firstByte, opcodes } from './frames.ts'

/** Where a {@link FrameReader} puts what it read. */
export interface FrameSink {
  /** A whole frame of the kind that answers pings; the payload is valid during the call only. */
  answer(bytes: Uint8Array, start: number, end: number, binary: boolean): void
  /** Bytes of any other frames, for the full WebSocket implementation, unchanged and in order. */
  pass(bytes: Uint8Array, start: number, end: number): void
}

const finBit = firstByte(0)
const ping = firstByte(opcodes.ping)
const pong = firstByte(opcodes.pong)
const text = firstByte(opcodes.text)
const binary = firstByte(opcodes.binary)
const longestHeaderBytes = 10

/**
 * Reads a server's byte stream after the handshake and picks out the one kind of frame that a flood consists of: whole,
 * unfragmented, unmasked, without extensions. Everything else goes to the sink's `pass`, neighbouring frames at once, so
 * that whoever is behind it sees a valid stream in which only those frames are missing. From a close frame on, or from
 * the first one that breaks the rules (or that an extension has made its own), everything goes there: nothing is an
 * answer any more that whoever is behind would not have taken for one.
 *
 * @see RFC 6455 section 5.2
 */
export class FrameReader {
  readonly #answers: 'pong' | 'message'
  /** Bytes still to come of a frame that is being passed; Infinity once all the rest is. */
  #passing = 0
  /** First byte of the frame that is being passed. */
  #frame = 0
  /** Opcode of the message under way behind the sink, 0 between messages. */
  #message = 0
  /** Follows the texts that are passed: an invalid one is a protocol error. */
  #decoder: TextDecoder | undefined
  /** The beginning of a frame whose header was cut. */
  #cut: Uint8Array | undefined

  constructor(answers: 'pong' | 'message') {
    this.#answers = answers
  }

  /** Between two frames and two messages: this reader is like a new one. */
  get atRest(): boolean {
    return this.#passing === 0 && this.#message === 0 && this.#cut === undefined
  }

  read(bytes: Uint8Array, length: number, sink: FrameSink): void {
    let at = 0
    if (this.#cut !== undefined) {
      bytes = Buffer.concat([this.#cut, bytes.subarray(0, length)])
      length = bytes.length
      this.#cut = undefined
    }
    let passedUntil = 0
    while (at < length) {
      let payload = at
      if (this.#passing === 0) {
        const frameLength = this.#lengthOfFrame(bytes, at, length)
        if (frameLength === 0) {
          if (passedUntil < at) sink.pass(bytes, passedUntil, at)
          this.#cut = Uint8Array.prototype.slice.call(bytes, at, length)
          return
        }
        const end = at + frameLength
        payload += headerOf(bytes, at)
        if (end <= length && this.#isAnswer(bytes, at, payload, end)) {
          if (passedUntil < at) sink.pass(bytes, passedUntil, at)
          sink.answer(bytes, payload, end, bytes[at] === binary)
          at = passedUntil = end
          continue
        }
        this.#frame = bytes[at]!
        this.#passing = frameLength
      }
      const end = Math.min(length, at + this.#passing)
      this.#passing -= end - at
      if (!this.#followMessage(bytes, payload, end)) this.#passing = Infinity
      at = end
    }
    if (passedUntil < at) sink.pass(bytes, passedUntil, at)
  }

  /** Bytes of the frame at `at`, 0 while its header is cut, Infinity for the rest of the stream. */
  #lengthOfFrame(bytes: Uint8Array, at: number, length: number): number {
    if (length - at < 2) return 0
    const second = bytes[at + 1]!
    if (!this.#isRegular(bytes[at]!, second)) return Infinity
    if (second <= 125) return 2 + second
    const header = second === 126 ? 4 : longestHeaderBytes
    if (length - at < header) return 0
    if (second === 126) return header + bytes[at + 2]! * 256 + bytes[at + 3]!
    let payload = 0
    for (let digit = 2; digit < longestHeaderBytes; digit++) payload = payload * 256 + bytes[at + digit]!
    return header + payload
  }

  /** Whether a frame that begins with these bytes is allowed here, and others may come behind it. */
  #isRegular(first: number, second: number): boolean {
    if (first === pong || first === ping) return second <= 125
    const opcode = first & ~finBit
    const underWay = this.#message !== 0
    return opcode <= opcodes.binary && (opcode === opcodes.continuation) === underWay && second <= 127
  }

  #isAnswer(bytes: Uint8Array, at: number, payload: number, end: number): boolean {
    const first = bytes[at]
    if (this.#answers === 'pong') return first === pong
    return first === binary || (first === text && isText(bytes, payload, end))
  }

  /** Follows the message that the passed bytes belong to; says whether its text is valid until here. */
  #followMessage(bytes: Uint8Array, start: number, end: number): boolean {
    const opcode = this.#frame & ~finBit
    if (opcode > opcodes.binary || this.#passing === Infinity) return true
    if (opcode !== opcodes.continuation) this.#message = opcode
    const ended = this.#passing === 0 && this.#frame >= finBit
    if (this.#message === opcodes.text) {
      this.#decoder ??= new TextDecoder('utf-8', { fatal: true })
      try {
        this.#decoder.decode(bytes.subarray(start, end), { stream: !ended })
      } catch {
        return false
      }
    }
    if (ended) this.#message = 0
    return true
  }
}

/** Reads the streams of many connections. All that are at rest share one reader, which stays in the processor's cache. */
export class FrameReaders {
  readonly #answers: 'pong' | 'message'
  #atRest: FrameReader

  constructor(answers: 'pong' | 'message') {
    this.#answers = answers
    this.#atRest = new FrameReader(answers)
  }

  /**
   * Reads on in one of the streams.
   * @param kept what the last call for this stream returned
   * @returns what to give to the next one
   */
  read(kept: FrameReader | undefined, bytes: Uint8Array, length: number, sink: FrameSink): FrameReader | undefined {
    const reader = kept ?? this.#atRest
    reader.read(bytes, length, sink)
    if (reader.atRest) return undefined
    if (reader === this.#atRest) this.#atRest = new FrameReader(this.#answers)
    return reader
  }
}

function headerOf(bytes: Uint8Array, at: number): number {
  const second = bytes[at + 1]!
  return second <= 125 ? 2 : second === 126 ? 4 : longestHeaderBytes
}

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! > 0x7f) return isUtf8(bytes.subarray(at, end))
  return true
}
