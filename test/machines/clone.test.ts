import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBytes, toBytes } from '../../src/machines/clone.ts'
import { countsLength, Histogram } from '../../src/result/histogram.ts'

test('rows of numbers come back as they were, wherever they are and whatever is beside them', () => {
  const row = fc.oneof(
    fc.uint32Array({ maxLength: 3_000 }),
    fc.float64Array({ maxLength: 2_000 }),
    fc.uint32Array({ maxLength: 3_000 }).map((counts) => Float64Array.from(counts)),
    fc.uint16Array({ maxLength: 50 }),
    fc.constant(new Float64Array(2_000)),
    fc.constantFrom(-0, -1, 0.5, 2 ** 32, NaN).map((odd) => new Float64Array(2_000).fill(odd, 7, 9)),
  )
  fc.assert(
    fc.property(fc.array(fc.record({ row, text: fc.string() }), { maxLength: 4 }), (rows) => {
      expect(fromBytes(toBytes(rows))).toEqual(rows)
    }),
  )
})

test('a part of a larger buffer comes back alone', () => {
  const whole = Float64Array.from({ length: 4_000 }, (_, nth) => nth % 3)
  const part = whole.subarray(1, 3_001)
  expect(fromBytes(toBytes({ part }))).toEqual({ part: part.slice() })
})

test('the same row twice is one row', () => {
  const { counts } = new Histogram()
  const copy = fromBytes(toBytes({ one: counts, other: counts })) as { one: Float64Array; other: Float64Array }
  expect(copy.one).toBe(copy.other)
})

test('a histogram takes the room of what it has counted', () => {
  const histogram = new Histogram()
  for (let nth = 0; nth < 100; nth++) histogram.record(nth * 1e6)
  expect(countsLength).toBeGreaterThan(20_000)
  expect(toBytes(histogram.counts).length).toBeLessThan(1_000)
})

test.each([new Uint8Array(), Uint8Array.of(255), Uint8Array.of(255, 15, 92, 9, 1)])(
  'bytes that are no clone are refused: %o',
  (bytes) => {
    expect(() => fromBytes(Buffer.from(bytes))).toThrow(Error)
  },
)

test.each([
  ['has numbers beyond its end', 2_000, 1],
  ['is longer than any', 2 ** 32 - 1, 0],
  ['has more numbers than places', 1_024, 2_000],
])('a row that %s is refused', (_, length, count) => {
  const bytes = toBytes(Float64Array.from({ length: 5_000 }, (_zero, nth) => (nth === 4_999 ? 7 : 0)))
  const head = Buffer.from(Uint8Array.of(...varint(5_000), ...varint(1)))
  const forged = Buffer.from(Uint8Array.of(...varint(length), ...varint(count)))
  const at = bytes.indexOf(head)
  expect(at).toBeGreaterThan(0)
  const changed = Buffer.concat([bytes.subarray(0, at), forged, bytes.subarray(at + head.length)])
  expect(() => fromBytes(changed)).toThrow(RangeError)
})

/** A number as V8 writes it: seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
}
