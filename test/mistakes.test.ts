import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { didYouMean, show } from '../src/mistakes.ts'

describe('show', () => {
  test.for([
    ['text', '"text"'],
    ['two\nlines', '"two\\nlines"'],
    ['x'.repeat(61), `"${'x'.repeat(60)}…"`],
    [5, '5'],
    [NaN, 'NaN'],
    [5n, '5'],
    [true, 'true'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 5, 'a function'],
    [[], 'an empty list'],
    [[1, 2], 'a list of 2'],
    [{}, 'an object ()'],
    [{ a: 1, b: 2 }, 'an object (a, b)'],
    [{ ['x'.repeat(61)]: 1 }, `an object (${'x'.repeat(60)}…)`],
    [new Uint8Array(1_000_000), 'a buffer of 1000000 bytes'],
  ] as const)('%#: says %s', ([value, text]) => {
    expect(show(value)).toBe(text)
  })

  test('keeps any text, list and object short and on one line', () => {
    const keys = fc.dictionary(fc.stringMatching(/^\w{1,40}$/), fc.anything(), { maxKeys: 50 })
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 200, size: 'max', unit: 'binary' }), fc.array(fc.anything()), keys),
        (value) => {
          const shown = show(value)
          expect(shown).not.toMatch(/[\r\n]/)
          expect(shown.length).toBeLessThan(6 * 62 + 20)
        },
      ),
    )
  })
})

describe('didYouMean', () => {
  const names = ['connections', 'duration', 'url']

  test.for([
    ['conections', ', did you mean "connections"?'],
    ['Duration', ', did you mean "duration"?'],
    ['uri', ', did you mean "url"?'],
    ['connectionCount', ', did you mean "connections"?'],
    ['warmup', ''],
    ['somethingElseEntirely', ''],
  ] as const)('%s: %s', ([name, ending]) => {
    expect(didYouMean(name, names)).toBe(ending)
  })

  test('says nothing where there are no names', () => {
    expect(didYouMean('ca', [])).toBe('')
  })
})
