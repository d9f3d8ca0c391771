import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeadReader } from '../../src/wire/head-reader.ts'

/** How many bytes of a stream belong to the head when it arrives in pieces of these lengths. */
function headLength(stream: Buffer, pieces: readonly number[]): number {
  const reader = new HeadReader()
  let rest = stream
  let head = 0
  for (const length of [...pieces, stream.length]) {
    const piece = rest.subarray(0, length)
    head += reader.read(piece, piece.length)
    rest = rest.subarray(piece.length)
  }
  return head
}

const pieces = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 20 })

test('a head ends behind its blank line, however it is cut', () => {
  const lines = fc.array(fc.stringMatching(/^[ -~]{1,6}$/), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(lines, fc.uint8Array({ maxLength: 12 }), pieces, (head, frames, cuts) => {
      const text = Buffer.from(`${head.join('\r\n')}\r\n\r\n`)
      expect(headLength(Buffer.concat([text, frames]), cuts)).toBe(text.length)
    }),
  )
})

test.for(['\n\n', '\r\n\n', '\r\r\n', '\r\n\r\r'])('%j is no blank line', (almost) => {
  const head = `101${almost}: \r\n\r\n`
  expect(headLength(Buffer.from(head), [])).toBe(head.length)
  expect(headLength(Buffer.from(`${head}frames`), [])).toBe(head.length)
})
