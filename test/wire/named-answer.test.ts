import { expect, test } from 'vitest'
import { wordsOf } from '../../src/wire/named-answer.ts'

test.for([
  ['overloaded', 'overloaded'],
  [new Error('overloaded'), 'overloaded'],
  [{ code: 429, message: 'slow down' }, 'slow down'],
  [{ code: 429 }, 'an object (code)'],
  [429, '429'],
  [true, 'true'],
  [undefined, undefined],
  [null, undefined],
  [false, undefined],
  ['', undefined],
] as const)('of %o the words are %o', ([error, words]) => {
  expect(wordsOf({ error })).toBe(words)
})

test('of what is no error there are none', () => {
  expect(wordsOf({})).toBeUndefined()
})
