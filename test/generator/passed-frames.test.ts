import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesPerPiece, PassedFrames } from '../../src/generator/passed-frames.ts'
import { closePayload, encodeFrame, opcodes } from '../support/frames.ts'

const frames = fc.array(
  fc.record({
    opcode: fc.constantFrom(...Object.values(opcodes)),
    fin: fc.boolean(),
    size: fc.constantFrom(0, 1, 125, 126, 300, 65_535, 65_536, 70_000),
  }),
  { maxLength: 8 },
)

/** Where each frame ends that answers, in a stream of frames that is cut into parts: none does behind a close frame. */
function endsOf(kind: 'pong' | 'message', list: readonly { opcode: number; fin: boolean; size: number }[]) {
  let at = 0
  let isClosed = false
  const ends: number[] = []
  const stream = Buffer.concat(
    list.map(({ opcode, fin, size }) => {
      const frame = encodeFrame({ opcode, fin, payload: Buffer.alloc(size) })
      at += frame.length
      const answers = kind === 'pong' ? opcode === opcodes.pong : fin && opcode <= opcodes.binary
      if (answers && !isClosed) ends.push(at)
      isClosed ||= opcode === opcodes.close
      return frame
    }),
  )
  return { stream, ends }
}

describe.each(['pong', 'message'] as const)('an answer by %s arrived', (kind) => {
  test('with the part that its last byte is in, however the stream is cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(100_000), { maxLength: 6 }), (list, cuts) => {
        const { stream, ends } = endsOf(kind, list)
        const passed = new PassedFrames(kind)
        const bounds = [0, ...cuts.filter((cut) => cut < stream.length).toSorted((a, b) => a - b), stream.length]
        for (let nth = 1; nth < bounds.length; nth++)
          passed.follow(stream, bounds[nth - 1]!, bounds[nth]!, bounds[nth]!)
        const parts = ends.map((end) => bounds.find((bound) => bound >= end))
        expect(ends.map(() => passed.next().floor)).toEqual(parts)
        expect(passed.next()).toBeUndefined()
      }),
    )
  })
})

test('an answer was surely there when it was passed', () => {
  const passed = new PassedFrames('message')
  const { stream } = endsOf('message', [{ opcode: opcodes.text, fin: true, size: 3 }])
  const before = performance.now()
  passed.follow(stream, 0, stream.length, 1)
  const after = performance.now()
  const { floor, ceiling } = passed.next()
  expect(floor).toBe(1)
  expect(ceiling).toBeGreaterThanOrEqual(before)
  expect(ceiling).toBeLessThanOrEqual(after)
})

const bytes = (size: number) => Buffer.alloc(size, 'x')

/** Follows each of the parts. */
function following(...parts: readonly Buffer[]): PassedFrames {
  const passed = new PassedFrames('message')
  for (const part of parts) passed.follow(part, 0, part.length, 0)
  return passed
}

describe('what is unfinished', () => {
  const first = encodeFrame({ opcode: opcodes.binary, payload: bytes(100), fin: false })
  const next = encodeFrame({ opcode: opcodes.continuation, payload: bytes(10), fin: false })
  const last = encodeFrame({ opcode: opcodes.continuation, payload: bytes(1) })
  const ping = encodeFrame({ opcode: opcodes.ping, payload: bytes(50) })

  test('is each fragment of a message, with what it takes besides, and no control frame', () => {
    expect(following(first, ping, next, ping).unfinished).toBe(110 + 2 * bytesPerPiece)
    expect(following(Buffer.concat([first, ping, next])).unfinished).toBe(110 + 2 * bytesPerPiece)
  })

  test('is each piece of a frame', () => {
    const whole = encodeFrame({ opcode: opcodes.text, payload: bytes(1_000) })
    expect(following(whole.subarray(0, 104), whole.subarray(104, 204)).unfinished).toBe(200 + 2 * bytesPerPiece)
  })

  test('is nothing once the message is complete', () => {
    expect(following(first, next, last).unfinished).toBe(0)
    expect(following(first, last, first).unfinished).toBe(100 + bytesPerPiece)
  })
})

describe('a close frame', () => {
  const frame = encodeFrame({ opcode: opcodes.close, payload: closePayload(1_011, 'no more') })

  test('is read wherever it is cut, and nothing behind it', () => {
    const stream = Buffer.concat([frame, encodeFrame({ opcode: opcodes.text, payload: bytes(3) })])
    for (let at = 0; at <= stream.length; at++) {
      const passed = following(stream.subarray(0, at), stream.subarray(at))
      expect(passed.close).toEqual({ code: 1_011, reason: Buffer.from('no more') })
      expect(passed.isBehind).toBe(false)
    }
  })

  test('is none before it is complete', () => {
    expect(following(frame.subarray(0, -1)).close).toBeUndefined()
  })

  test('may have no code', () => {
    const empty = encodeFrame({ opcode: opcodes.close, payload: bytes(0) })
    expect(following(empty).close).toEqual({ code: 1_005, reason: Buffer.alloc(0) })
  })
})
