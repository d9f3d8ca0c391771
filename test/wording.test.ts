import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { didYouMean, show, showKind, whyUnanswered } from '../src/wording.ts'

describe('show', () => {
  test.for([
    ['text', '"text"'],
    ['two\nlines', '"two\\nlines"'],
    ['x'.repeat(61), `"${'x'.repeat(60)}…"`],
    ['ws://someone:hunter2@host/?token=hunter2', '"ws://masked:masked@host/?token=masked"'],
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

test.for([
  ['hunter2', 'a text of 7 characters'],
  ['x', 'a text of 1 character'],
  [1234, 'a number'],
  [{ a: 1 }, 'an object (a)'],
] as const)('%#: of a secret only its kind is shown', ([value, text]) => {
  expect(showKind(value)).toBe(text)
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

test('why nothing answered at any of several addresses is told of each', () => {
  const refused = ['::1', '127.0.0.1'].map((host) => new Error(`connect ECONNREFUSED ${host}:9`))
  const both = 'connect ECONNREFUSED ::1:9, connect ECONNREFUSED 127.0.0.1:9'
  expect(whyUnanswered(new AggregateError(refused))).toBe(both)
  expect(whyUnanswered(new TypeError('fetch failed', { cause: new AggregateError(refused) }))).toBe(both)
})
