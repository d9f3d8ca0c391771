/**
 * Slices as text: base64 of variable-length integers (7 bits a byte, least significant first, LEB128): the length of a slice in
 * nanoseconds, the number of slices, and of each slice its six counts of pings and its two histograms, as pairs of the
 * distance to the bucket before and the count, preceded by their number.
 *
 * @see DWARF 5, section 7.6: LEB128
 */
import { nsPerMs } from './histogram.ts'
import { sum } from '../statistics/sum.ts'
import { buckets, countsOf, kindsPerSlice, type PackedCounts, type PackedSlices } from './slices.ts'

/** Values that the seven bits of a byte tell apart; the eighth says that another byte follows. */
const valuesPerByte = 0x80

export function encodeSlices({ length, pings, latency, latencyFloor }: PackedSlices): string {
  const bytes: number[] = []
  const count = pings.length / kindsPerSlice
  put(bytes, Math.round(length * nsPerMs))
  put(bytes, count)
  for (let slice = 0; slice < count; slice++) {
    for (let kind = 0; kind < kindsPerSlice; kind++) put(bytes, pings[slice * kindsPerSlice + kind]!)
    putCounts(bytes, latency, slice)
    putCounts(bytes, latencyFloor, slice)
  }
  return btoa(bytes.map((byte) => String.fromCodePoint(byte)).join(''))
}

/** @throws {RangeError} if the text was not written by {@link encodeSlices} */
export function decodeSlices(text: string): PackedSlices {
  const bytes = new ByteReader(Uint8Array.from(atob(text), (character) => character.codePointAt(0)!))
  const length = bytes.next() / nsPerMs
  const count = bytes.next()
  const pings: number[] = []
  const latency = new CountsReader()
  const latencyFloor = new CountsReader()
  for (let slice = 0; slice < count; slice++) {
    for (let kind = 0; kind < kindsPerSlice; kind++) pings.push(bytes.next())
    latency.read(bytes)
    latencyFloor.read(bytes)
  }
  if (!bytes.ended || length <= 0) throw new RangeError('there is more than slices')
  return {
    length,
    pings: Float64Array.from(pings),
    latency: latency.packed(),
    latencyFloor: latencyFloor.packed(),
    arrivals: new Float64Array(),
  }
}

function put(bytes: number[], value: number): void {
  let rest = value
  while (rest >= valuesPerByte) {
    bytes.push((rest % valuesPerByte) + valuesPerByte)
    rest = Math.floor(rest / valuesPerByte)
  }
  bytes.push(rest)
}

function putCounts(bytes: number[], { offsets, indexes, counts }: PackedCounts, slice: number): void {
  const [first, end] = [offsets[slice]!, offsets[slice + 1]!]
  put(bytes, end - first)
  for (let nth = first; nth < end; nth++) {
    put(bytes, indexes[nth]! - (nth === first ? 0 : indexes[nth - 1]!))
    put(bytes, counts[nth]!)
  }
}

class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length
  }

  next(): number {
    let value = 0
    for (let scale = 1; ; scale *= valuesPerByte) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined || scale > Number.MAX_SAFE_INTEGER) throw new RangeError('slices end too early')
      value += (byte % valuesPerByte) * scale
      if (byte < valuesPerByte) return value
    }
  }
}

class CountsReader {
  readonly #offsets: number[] = [0]
  readonly #indexes: number[] = []
  readonly #counts: number[] = []

  read(bytes: ByteReader): void {
    let index = 0
    for (let left = bytes.next(); left > 0; left--) {
      index += bytes.next()
      if (index >= buckets) throw new RangeError('a bucket is beyond the last one')
      this.#indexes.push(index)
      this.#counts.push(bytes.next())
    }
    this.#offsets.push(this.#indexes.length)
  }

  packed(): PackedCounts {
    return {
      offsets: Uint32Array.from(this.#offsets),
      indexes: Uint16Array.from(this.#indexes),
      counts: countsOf(sum(this.#counts)).from(this.#counts),
    }
  }
}
