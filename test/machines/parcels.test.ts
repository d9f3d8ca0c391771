import { constants, deflateRawSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pack, Unpacker } from '../../src/machines/parcels.ts'

/** Sends messages, with room for so many bytes in a part. */
function sent(messages: readonly unknown[], mostBytes: number): Uint8Array[] {
  return messages.flatMap((message, nth) => pack(message, nth, mostBytes))
}

function received(parcels: readonly Uint8Array[]): unknown[] {
  const unpacker = new Unpacker()
  return parcels.flatMap((parcel) => {
    const taken = unpacker.take(parcel)
    return taken === undefined ? [] : [taken.message]
  })
}

describe('messages', () => {
  test('come as they were, whatever their size and that of a part', () => {
    const message = fc.oneof(fc.uint8Array({ maxLength: 5_000 }), fc.jsonValue(), fc.constant(undefined))
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.integer({ min: 13, max: 2_000 }), (messages, most) => {
        const parcels = sent(messages, most)
        expect(Math.max(0, ...parcels.map(({ length }) => length))).toBeLessThanOrEqual(most)
        expect(received(parcels)).toEqual(messages)
      }),
    )
  })

  test('keep what JSON cannot say', () => {
    const message = { ends: Infinity, none: undefined, faults: new Map([['A', 1]]), counts: new Uint32Array([1, 2]) }
    expect(received(sent([message], 64))).toEqual([message])
  })

  test('that are lost in part are left out, which the next one says', () => {
    const parcels = sent([Array.from({ length: 1_000 }, (_, nth) => nth), 'two', 'three'], 128)
    const parts = parcels.length - 2
    expect(parts).toBeGreaterThan(2)
    for (let missing = 0; missing < parts; missing++) {
      const unpacker = new Unpacker()
      const taken = parcels.toSpliced(missing, 1).flatMap((parcel) => unpacker.take(parcel) ?? [])
      expect(taken).toEqual([
        { message: 'two', isAfterGap: true },
        { message: 'three', isAfterGap: false },
      ])
    }
  })

  test.each([new Uint8Array(3), new Uint8Array(40)])('are refused where they are none', (bytes) => {
    expect(() => received([bytes])).toThrow(Error)
  })

  test('are refused where they would grow beyond all measure', () => {
    const megabyte = deflateRawSync(new Uint8Array(2 ** 20), { finishFlush: constants.Z_FULL_FLUSH })
    const zeros = Array.from({ length: 2 ** 10 }, () => megabyte)
    const head = Buffer.alloc(12)
    head.writeUInt32LE(1, 8)
    const parcel = Buffer.concat([head, ...zeros, deflateRawSync(new Uint8Array(1))])
    expect(() => received([parcel])).toThrow(expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }))
  })
})
