/** What `ws` makes of bytes: all by itself, or behind the frame reader. */
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import * as ws from 'ws'
import { type FrameReader, FrameReaders, type FrameSink } from '../../src/wire/frame-reader.ts'

interface PerMessageDeflate {
  accept(offers: readonly object[]): unknown
}

/** What `ws` exports and its types leave out. */
const { Receiver, PerMessageDeflate } = ws as unknown as {
  Receiver: new (options: { isServer: boolean; extensions: object }) => Writable
  PerMessageDeflate: new (options?: object) => PerMessageDeflate
}

export type Event = readonly [kind: 'pong' | 'ping' | 'text' | 'binary' | 'close', content: string]

/** What was understood, in its order; and the code of the error that ended it. */
export interface Understanding {
  readonly events: readonly Event[]
  readonly error: string | undefined
}

export interface ListenerOptions {
  readonly isServer?: boolean
  /** permessage-deflate was agreed on. */
  readonly compressed?: boolean
}

/** One end of a connection as `ws` hears it. Contents are texts of one character a byte. */
export class Listener {
  /** How many bytes it was given. */
  bytes = 0
  protected readonly events: Event[] = []
  readonly #receiver: Writable
  #closed = false

  constructor({ isServer = false, compressed = false }: ListenerOptions = {}) {
    const deflate = new PerMessageDeflate()
    deflate.accept([{}])
    this.#receiver = new Receiver({ isServer, extensions: compressed ? { 'permessage-deflate': deflate } : {} })
      .on('pong', (data: Buffer) => this.hears('pong', data))
      .on('ping', (data: Buffer) => this.hears('ping', data))
      .on('message', (data: Buffer, binary: boolean) => this.hears(binary ? 'binary' : 'text', data))
      .on('conclude', (code: number, reason: Buffer) => {
        this.#closed = true
        this.hears('close', Buffer.from(`${code} ${reason.toString('latin1')}`, 'latin1'))
      })
      .on('error', () => {})
  }

  read(bytes: Uint8Array): void {
    this.hear(bytes)
  }

  get understanding(): Understanding {
    const error = this.#receiver.errored as (Error & { code: string }) | null
    return { events: this.events, error: error?.code }
  }

  /** Waits until `count` things were heard. */
  async heard(count: number): Promise<readonly Event[]> {
    while (this.events.length < count) await once(this.#receiver, 'heard')
    return this.events
  }

  /** Like a `WebSocket`, it hears nothing behind a close frame or an error. */
  protected hear(bytes: Uint8Array): void {
    this.bytes += bytes.length
    if (!this.#closed && this.#receiver.errored === null) this.#receiver.write(Buffer.from(bytes))
  }

  protected hears(kind: Event[0], data: Uint8Array): void {
    this.events.push([kind, Buffer.from(data).toString('latin1')])
    this.#receiver.emit('heard')
  }
}

const sharedBytes = 65_536
/** Between reads the shared buffer looks as if it were full of pongs. */
const left = 0x8a
const shared = Buffer.alloc(sharedBytes, left)

/** As in a load thread, all streams of a kind have their readers in common. */
const readers = { pong: new FrameReaders('pong'), message: new FrameReaders('message') }

/** A client's end with the frame reader before `ws`. As in a load thread, bytes come in a buffer shared with others. */
export class Reading extends Listener {
  /** How many answers the frame reader picked out. */
  answers = 0
  readonly #mode: 'pong' | 'message'
  #reader: FrameReader | undefined
  readonly #sink: FrameSink

  constructor(mode: 'pong' | 'message', options: ListenerOptions = {}) {
    super(options)
    this.#mode = mode
    this.#sink = {
      answer: (bytes, start, end, binary) => {
        this.answers++
        this.hears(mode === 'pong' ? 'pong' : binary ? 'binary' : 'text', bytes.subarray(start, end))
      },
      pass: (bytes, start, end) => this.hear(bytes.subarray(start, end)),
    }
  }

  override read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += sharedBytes) {
      const part = bytes.subarray(at, at + sharedBytes)
      shared.set(part)
      this.#reader = readers[this.#mode].read(this.#reader, shared, part.length, this.#sink)
      shared.fill(left, 0, part.length)
    }
  }
}

/** Cuts bytes at the given positions. */
export function cutAt(bytes: Uint8Array, positions: Iterable<number>): Uint8Array[] {
  const ends = [...new Set([...positions, bytes.length])].toSorted((one, other) => one - other)
  return ends.map((end, nth) => bytes.subarray(ends[nth - 1] ?? 0, end))
}
