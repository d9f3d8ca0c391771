import type { FrameSink } from './frame-reader.ts'
import { mostMessageBytes } from './limits.ts'

/** How many bytes the first message in these has: more than there are if it is not whole, 0 if that cannot be told yet. */
export type SplitFunction = (bytes: Uint8Array) => number

const nothing = Buffer.alloc(0)
/** Room for what is kept of a message at first. */
const bytesAtFirst = 1_024

/**
 * Finds a protocol's own messages where one may come in several WebSocket messages, and several in one. Those that end
 * with a text are texts, the others binaries. Everything else passes.
 */
export class MessageSplitter implements FrameSink {
  readonly #split: SplitFunction
  readonly #target: FrameSink
  readonly #failed: (error: unknown) => void
  /** What has come of the message under way. */
  #kept: Buffer = nothing
  #length = 0
  /** Bytes of it as far as they are known. */
  #needed = 0

  /** @param failed is told when the beginning of a message cannot be understood; all that has come is dropped then */
  constructor(split: SplitFunction, target: FrameSink, failed: (error: unknown) => void) {
    this.#split = split
    this.#target = target
    this.#failed = failed
  }

  answer(bytes: Uint8Array, start: number, end: number, binary: boolean): void {
    try {
      if (this.#length === 0) this.#read(bytes, start, end, binary)
      else this.#readOn(bytes, start, end, binary)
    } catch (error) {
      this.#length = 0
      this.#failed(error)
    }
  }

  pass(bytes: Uint8Array, start: number, end: number): void {
    this.#target.pass(bytes, start, end)
  }

  /** Reads what begins with a message; keeps what is left of it. */
  #read(bytes: Uint8Array, start: number, end: number, binary: boolean): void {
    let at = start
    while (at < end) {
      const length = this.#lengthOf(bytes.subarray(at, end))
      if (length === 0 || length > end - at) {
        this.#needed = length
        this.#keep(bytes, at, end)
        return
      }
      this.#target.answer(bytes, at, at + length, binary)
      at += length
    }
  }

  /** Reads what goes on with a message. */
  #readOn(bytes: Uint8Array, start: number, end: number, binary: boolean): void {
    this.#keep(bytes, start, end)
    const [kept, length] = [this.#kept, this.#length]
    if (this.#needed > length) return
    // Who hears a message may make the connection read on.
    this.#length = 0
    this.#kept = nothing
    this.#read(kept, 0, length, binary)
  }

  #lengthOf(bytes: Uint8Array): number {
    const length = this.#split(bytes)
    if (Number.isSafeInteger(length) && length >= 0) return length
    throw new TypeError(`split returned ${String(length)}, expected how many bytes the first message has`)
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start
    if (Math.max(length, this.#needed) > mostMessageBytes) {
      throw new RangeError(`split found no message within ${mostMessageBytes} bytes`)
    }
    if (length > this.#kept.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(bytesAtFirst, 2 ** Math.ceil(Math.log2(length))))
      this.#kept.copy(room, 0, 0, this.#length)
      this.#kept = room
    }
    this.#kept.set(bytes.subarray(start, end), this.#length)
    this.#length = length
  }
}
