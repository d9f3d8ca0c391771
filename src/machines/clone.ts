/** Structured clones as bytes. Histograms, long rows of counts that are nearly all zero, are written without their zeros. */
import { DefaultDeserializer, DefaultSerializer, serialize } from 'node:v8'

/** What Node's documentation has these classes override, and its types do not know. */
declare module 'node:v8' {
  interface DefaultSerializer {
    _writeHostObject(view: NodeJS.ArrayBufferView): void
  }
  interface DefaultDeserializer {
    _readHostObject(): unknown
  }
}

/** Shorter rows are written as they are, and so are those with numbers that 32 bits do not hold. */
const shortestSparse = 1_024
/** Longer ones there are not. */
const longestSparse = 2 ** 24
/** How a row of numbers is written. */
const [plain, sparse] = [0, 1]

/** The version of structured clones as this Node writes them: an older Node may not read them. */
export const cloneFormat: number = serialize(undefined)[1]!

export function toBytes(value: unknown): Buffer {
  const writer = new Writer()
  writer.writeHeader()
  writer.writeValue(value)
  return writer.releaseBuffer()
}

/** @throws if the bytes are none of {@link toBytes} */
export function fromBytes(bytes: Buffer): unknown {
  const reader = new Reader(bytes)
  reader.readHeader()
  return reader.readValue()
}

class Writer extends DefaultSerializer {
  override _writeHostObject(view: NodeJS.ArrayBufferView): void {
    if (!(view instanceof Float64Array) || view.length < shortestSparse || !view.every(fitsIn32Bits)) {
      this.writeUint32(plain)
      super._writeHostObject(view)
      return
    }
    const places = new Uint32Array(view.reduce((count, value) => (value === 0 ? count : count + 1), 0))
    let at = 0
    for (let place = 0; place < view.length; place++) if (view[place] !== 0) places[at++] = place
    this.writeUint32(sparse)
    this.writeUint32(view.length)
    this.writeUint32(places.length)
    this.writeRawBytes(places)
    this.writeRawBytes(Uint32Array.from(places, (place) => view[place]!))
  }
}

class Reader extends DefaultDeserializer {
  override _readHostObject(): unknown {
    if (this.readUint32() === plain) return super._readHostObject()
    const length = this.readUint32()
    const count = this.readUint32()
    if (length > longestSparse || count > length) throw new RangeError('a row of numbers is too long')
    const view = new Float64Array(length)
    const places = this.#numbers(count)
    const values = this.#numbers(count)
    if (places.some((place) => place >= length)) throw new RangeError('a number is beyond its row')
    for (let at = 0; at < count; at++) view[places[at]!] = values[at]!
    return view
  }

  #numbers(count: number): Uint32Array {
    const bytes = this.readRawBytes(count * Uint32Array.BYTES_PER_ELEMENT)
    return new Uint32Array(Uint8Array.from(bytes).buffer)
  }
}

function fitsIn32Bits(value: number): boolean {
  return Object.is(value, value >>> 0)
}
