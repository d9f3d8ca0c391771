import type { FrameSink } from './frame-reader.ts'

/** How many of the binary WebSocket messages that come next belong to this one. */
export type AttachmentsFunction = (bytes: Uint8Array) => number

/**
 * Keeps a message back until the binary messages that are attached to it have come, and drops what these hold. Everything
 * else passes: a text is attached to nothing.
 */
export class AttachmentCollector implements FrameSink {
  readonly #attachments: AttachmentsFunction
  readonly #target: FrameSink
  readonly #failed: (error: unknown) => void
  /** Attachments that are still to come. */
  #awaited = 0
  #message = Buffer.alloc(0)
  #isBinary = false

  /** @param failed is told when it cannot be understood how many there are: then there are none */
  constructor(attachments: AttachmentsFunction, target: FrameSink, failed: (error: unknown) => void) {
    this.#attachments = attachments
    this.#target = target
    this.#failed = failed
  }

  answer(bytes: Uint8Array, start: number, end: number, binary: boolean): void {
    if (this.#awaited > 0 && binary) {
      if (--this.#awaited === 0) this.#target.answer(this.#message, 0, this.#message.length, this.#isBinary)
      return
    }
    const message = bytes.subarray(start, end)
    const count = this.#countOf(message)
    if (count > 0 && this.#awaited > 0)
      this.#failed(new Error('the attachments of the message before it have not come'))
    if (count === 0) this.#target.answer(bytes, start, end, binary)
    else {
      this.#awaited = count
      this.#message = Buffer.from(message)
      this.#isBinary = binary
    }
  }

  pass(bytes: Uint8Array, start: number, end: number): void {
    this.#target.pass(bytes, start, end)
  }

  #countOf(message: Uint8Array): number {
    try {
      const count = this.#attachments(message)
      if (Number.isSafeInteger(count) && count >= 0) return count
      throw new TypeError(`attachments returned ${String(count)}, expected how many messages are attached`)
    } catch (error) {
      this.#failed(error)
      return 0
    }
  }
}
