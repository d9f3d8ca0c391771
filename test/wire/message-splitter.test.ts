import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { MessageSplitter, type SplitFunction } from '../../src/wire/message-splitter.ts'

/** What is heard of pieces that come one after the other, and what went wrong. */
function heard(split: SplitFunction, pieces: readonly Uint8Array[], binary = true) {
  const messages: string[] = []
  const errors: unknown[] = []
  const target = {
    answer: (bytes: Uint8Array, start: number, end: number, isBinary: boolean) => {
      messages.push(`${isBinary ? 'binary' : 'text'} ${Buffer.from(bytes.subarray(start, end)).toString('latin1')}`)
    },
    pass: () => {},
  }
  const splitter = new MessageSplitter(split, target, (error) => errors.push(error))
  // Each piece lies somewhere in a buffer that is written again afterwards.
  const shared = Buffer.alloc(10_000)
  for (const piece of pieces) {
    shared.set(piece, 7)
    splitter.answer(shared, 7, 7 + piece.length, binary)
    shared.fill(0)
  }
  return { messages, errors }
}

/** A length of two bytes, then so many bytes. */
const lengthFirst: SplitFunction = (bytes) => (bytes.length < 2 ? 0 : 2 + bytes[0]! * 256 + bytes[1]!)
/** Lines, whose end is looked for. */
const lines: SplitFunction = (bytes) => bytes.indexOf(10) + 1

function framed(content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(content.length >> 8, content.length & 0xff), content])
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])]
  const sorted = at.toSorted((one, other) => one - other)
  return sorted.slice(1).map((end, nth) => bytes.subarray(sorted[nth], end))
}

const contents = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 12 })
const places = fc.array(fc.nat(20_000), { maxLength: 40 })

test('messages are the same however they are cut and glued', () => {
  fc.assert(
    fc.property(contents, places, (given, at) => {
      const messages = given.map(framed)
      const wanted = messages.map((message) => `binary ${message.toString('latin1')}`)
      expect(heard(lengthFirst, cut(Buffer.concat(messages), at))).toEqual({ messages: wanted, errors: [] })
    }),
  )
})

test('messages without a length are found by their end', () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 60 }), { maxLength: 12 })
  fc.assert(
    fc.property(texts, places, (given, at) => {
      const messages = given.map((text) => `${text}\n`)
      const pieces = cut(Buffer.from(messages.join('')), at)
      expect(heard(lines, pieces, false)).toEqual({ messages: messages.map((text) => `text ${text}`), errors: [] })
    }),
  )
})

test('a message is asked for once its length is known, when all of it is there', () => {
  const seen: number[] = []
  const counting: SplitFunction = (bytes) => {
    seen.push(bytes.length)
    return lengthFirst(bytes)
  }
  const message = framed(Buffer.alloc(300, 'x'))
  heard(
    counting,
    cut(
      message,
      Array.from({ length: message.length }, (_, at) => at),
    ),
  )
  expect(seen).toEqual([1, 2, 302])
})

test('what follows a piece that cannot be understood is read anew', () => {
  const choosy: SplitFunction = (bytes) => {
    if (bytes[0] === 63) throw new Error('what?')
    return lines(bytes)
  }
  const pieces = ['one\ntwo', '\n?', 'three\n', '?\nfour\n', 'five\n'].map((text) => Buffer.from(text))
  expect(heard(choosy, pieces, false)).toEqual({
    messages: ['text one\n', 'text two\n', 'text three\n', 'text five\n'],
    errors: [new Error('what?'), new Error('what?')],
  })
})

test('everything that is no message passes', () => {
  const passed: number[][] = []
  const target = {
    answer: () => {},
    pass: (bytes: Uint8Array, start: number, end: number) => void passed.push([...bytes.subarray(start, end)]),
  }
  new MessageSplitter(lines, target, () => {}).pass(Uint8Array.of(1, 2, 3, 4), 1, 3)
  expect(passed).toEqual([[2, 3]])
})
