import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeadReader } from '../../src/wire/head-reader.ts'

/** Where heads end in a stream that arrives in pieces of these lengths, the stream's own end left out. */
function headEnds(stream: Buffer, pieces: readonly number[]): number[] {
  const reader = new HeadReader()
  const ends: number[] = []
  let start = 0
  for (const length of [...pieces, stream.length]) {
    const end = Math.min(stream.length, start + length)
    let at = start
    while (at < end) {
      at = reader.read(stream, at, end)
      if (at < end || stream.toString('latin1', 0, at).endsWith('\r\n\r\n')) ends.push(at)
    }
    start = end
  }
  return ends
}

const pieces = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 20 })
const lines = fc.array(fc.stringMatching(/^[ -~]{1,6}$/), { minLength: 1, maxLength: 4 })
const frames = fc.uint8Array({ maxLength: 12 }).filter((bytes) => !bytes.includes(10))

test('a head ends behind its blank line, as do those that follow it, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(lines, { minLength: 1, maxLength: 4 }), frames, pieces, (heads, rest, cuts) => {
      const texts = heads.map((head) => `${head.join('\r\n')}\r\n\r\n`)
      const ends = texts.map((_, nth) => texts.slice(0, nth + 1).join('').length)
      expect(headEnds(Buffer.concat([Buffer.from(texts.join('')), rest]), cuts)).toEqual(ends)
    }),
  )
})

test.for(['\n\n', '\r\n\n', '\r\r\n', '\r\n\r\r'])('%j is no blank line', (almost) => {
  const head = `101${almost}: \r\n\r\n`
  expect(headEnds(Buffer.from(head), [])).toEqual([head.length])
  expect(headEnds(Buffer.from(`${head}frames`), [])).toEqual([head.length])
})
