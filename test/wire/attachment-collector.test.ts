import { expect, test } from 'vitest'
import { AttachmentCollector, type AttachmentsFunction } from '../../src/wire/attachment-collector.ts'

/** The first character says how many are attached. */
const byFirst: AttachmentsFunction = (bytes) => bytes[0]! - 48

/** What is heard of messages that come one after the other, and what went wrong. */
function heard(attachments: AttachmentsFunction, messages: readonly (string | Uint8Array)[]) {
  const whole: string[] = []
  const errors: unknown[] = []
  const target = {
    answer: (bytes: Uint8Array, start: number, end: number, binary: boolean) => {
      whole.push(`${binary ? 'binary' : 'text'} ${Buffer.from(bytes.subarray(start, end)).toString()}`)
    },
    pass: () => {},
  }
  const collector = new AttachmentCollector(attachments, target, (error) => errors.push(String(error)))
  const shared = Buffer.alloc(100)
  for (const message of messages) {
    const bytes = Buffer.from(message)
    shared.set(bytes, 7)
    collector.answer(shared, 7, 7 + bytes.length, typeof message !== 'string')
    shared.fill(0)
  }
  return { whole, errors }
}

const piece = Uint8Array.of(57, 57)

test('a message is heard when all that is attached to it has come', () => {
  expect(heard(byFirst, ['2a', piece]).whole).toEqual([])
  expect(heard(byFirst, ['2a', piece, piece, '0b', '1c', piece, '0d']).whole).toEqual([
    'text 2a',
    'text 0b',
    'text 1c',
    'text 0d',
  ])
})

test('what is attached is not asked what is attached to it', () => {
  expect(heard(byFirst, ['1a', Uint8Array.of(51, 98), '0c']).whole).toEqual(['text 1a', 'text 0c'])
})

test('a text is attached to nothing', () => {
  expect(heard(byFirst, ['1a', '0b', piece, '0c']).whole).toEqual(['text 0b', 'text 1a', 'text 0c'])
})

test('a message that takes the place of one whose attachments have not come is told', () => {
  const { whole, errors } = heard(byFirst, ['1a', '1b', piece])
  expect(whole).toEqual(['text 1b'])
  expect(errors).toEqual(['Error: the attachments of the message before it have not come'])
})

test('a binary stays one', () => {
  expect(heard(byFirst, [Uint8Array.of(49, 50), piece, Uint8Array.of(48)]).whole).toEqual(['binary 12', 'binary 0'])
})

test.for([
  ['throws', (): number => JSON.parse('?') as number, /^SyntaxError/],
  [
    'returns no number',
    (): number => -1,
    /^TypeError: attachments returned -1, expected how many messages are attached$/,
  ],
] as const)('a function that %s attaches nothing', ([, attachments, error]) => {
  const { whole, errors } = heard(attachments, ['a', 'b'])
  expect(whole).toEqual(['text a', 'text b'])
  expect(errors).toEqual([expect.stringMatching(error), expect.stringMatching(error)])
})
