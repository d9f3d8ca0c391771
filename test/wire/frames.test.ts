import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batchOf, drawMaskingKey, firstByte, headerLength, maskedFrame, opcodes } from '../../src/wire/frames.ts'
import { Listener } from './understanding.ts'

const keys = fc.uint8Array({ minLength: 4, maxLength: 4 })
const contents = fc
  .tuple(fc.constantFrom(0, 1, 8, 124, 125, 126, 127, 300, 65_535, 65_536, 70_000), fc.nat(255))
  .map(([size, first]) => Uint8Array.from({ length: size }, (_, at) => first + at))

function heardBy(server: Listener, bytes: Uint8Array) {
  server.read(bytes)
  return server.understanding
}

describe('a masked frame', () => {
  test('is heard by a server as its payload, whatever the size and the key', () => {
    fc.assert(
      fc.property(contents, keys, (payload, key) => {
        const heard = heardBy(new Listener({ isServer: true }), maskedFrame(opcodes.binary, payload, key))
        const content = Buffer.from(payload).toString('latin1')
        expect(heard).toEqual({ events: [['binary', content]], error: undefined })
      }),
    )
  })

  test.for(['text', 'binary', 'ping', 'pong'] as const)('can be a %s', (kind) => {
    const frame = maskedFrame(opcodes[kind], Buffer.from('content'), drawMaskingKey())
    expect(heardBy(new Listener({ isServer: true }), frame).events).toEqual([[kind, 'content']])
  })

  test('is whole: final, and as long as its header and payload', () => {
    fc.assert(
      fc.property(contents, keys, (payload, key) => {
        const frame = maskedFrame(opcodes.text, payload, key)
        expect(frame).toHaveLength(headerLength(payload.length) + payload.length)
        expect(frame[0]).toBe(firstByte(opcodes.text))
      }),
    )
  })

  test('leaves its payload alone', () => {
    const payload = Buffer.from('content')
    maskedFrame(opcodes.text, payload, Uint8Array.of(1, 2, 3, 4))
    expect(payload.toString()).toBe('content')
  })
})

test('a masking key is four bytes that differ from draw to draw', () => {
  const drawn = Array.from({ length: 8 }, () => Buffer.from(drawMaskingKey()).toString('hex'))
  expect(drawn.every((key) => key.length === 8)).toBe(true)
  expect(new Set(drawn).size).toBeGreaterThan(1)
})

describe('a batch', () => {
  const frame = maskedFrame(opcodes.ping, Buffer.from('12345678'), Uint8Array.of(1, 2, 3, 4))

  test('has a view of each number of frames up to its size', () => {
    const { views } = batchOf(frame, 5)
    expect(views.map((view) => view.length / frame.length)).toEqual([0, 1, 2, 3, 4, 5])
    for (const [count, view] of views.entries()) {
      expect(view).toEqual(Buffer.concat(Array.from({ length: count }, () => frame)))
    }
  })

  test('has views of the same bytes', () => {
    const { bytes, views } = batchOf(frame, 2)
    bytes[0] = 0
    expect(views[1]![0]).toBe(0)
    expect(views[2]![0]).toBe(0)
  })

  test('is a copy of its frame', () => {
    const { bytes } = batchOf(frame, 1)
    bytes[0] = 0
    expect(frame[0]).toBe(firstByte(opcodes.ping))
  })
})
