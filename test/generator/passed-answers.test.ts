import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PassedAnswers } from '../../src/generator/passed-answers.ts'
import { encodeFrame, opcodes } from '../support/frames.ts'

const frames = fc.array(
  fc.record({
    opcode: fc.constantFrom(...Object.values(opcodes)),
    fin: fc.boolean(),
    size: fc.constantFrom(0, 1, 125, 126, 300, 65_535, 65_536, 70_000),
  }),
  { maxLength: 8 },
)

/** Where each frame ends that answers, in a stream of frames that is cut into parts. */
function endsOf(kind: 'pong' | 'message', list: readonly { opcode: number; fin: boolean; size: number }[]) {
  let at = 0
  const ends: number[] = []
  const stream = Buffer.concat(
    list.map(({ opcode, fin, size }) => {
      const frame = encodeFrame({ opcode, fin, payload: Buffer.alloc(size) })
      at += frame.length
      if (kind === 'pong' ? opcode === opcodes.pong : fin && opcode <= opcodes.binary) ends.push(at)
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
        const passed = new PassedAnswers(kind)
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
  const passed = new PassedAnswers('message')
  const { stream } = endsOf('message', [{ opcode: opcodes.text, fin: true, size: 3 }])
  const before = performance.now()
  passed.follow(stream, 0, stream.length, 1)
  const after = performance.now()
  const { floor, ceiling } = passed.next()
  expect(floor).toBe(1)
  expect(ceiling).toBeGreaterThanOrEqual(before)
  expect(ceiling).toBeLessThanOrEqual(after)
})
