import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable, printableLines } from '../src/printable.ts'

test.for([
  ['colours', '\u001B[31mred\u001B[0m', '[31mred [0m'],
  ['a terminal title', '\u001B]0;owned\u0007', ']0;owned'],
  ['an 8-bit control sequence', 'a\u009B31mb', 'a 31mb'],
  ['line breaks', 'one\r\ntwo\u2028three\u0085four', 'one two three four'],
  ['a workflow command', '::error::owned', ': :error::owned'],
  ['a workflow command after a space', 'x\n::set-output name=a::b', 'x : :set-output name=a::b'],
  ['an older workflow command', 'x ##[error]owned ##vso[task.x]', 'x # #[error]owned # #vso[task.x]'],
  ['a service message', 'x ##teamcity[testFailed]', 'x # #teamcity[testFailed]'],
  ['bidirectional overrides', 'a\u202Egnp.exe\u2066b', 'a gnp.exe b'],
  ['zero-width characters', 'a\u200B\uFEFFb', 'a b'],
  ['NUL and DEL', '\0a\u007F', 'a'],
  ['half a surrogate pair', 'a\uD83D', 'a'],
] as const)('defuses %s', ([, text, expected]) => {
  expect(printable(text)).toBe(expected)
})

test.for(['connect ECONNREFUSED ::1:3001', 'naïve café 日本 🙂', 'a::b'])('leaves %j alone', (text) => {
  expect(printable(text)).toBe(text)
})

test('cuts long texts between characters', () => {
  expect(printable('🙂'.repeat(500))).toBe(`${'🙂'.repeat(119)}…`)
})

test('leaves one short line of visible characters of any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const line = printable(text)
      expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      expect(Array.from(line).length).toBeLessThanOrEqual(120)
      expect(printable(line)).toBe(line)
    }),
  )
})

test('keeps the lines of a program and their indentation', () => {
  expect(printableLines('Error: \u0007no\r\n\tat one\n  two ##[error]owned\n::error::owned')).toEqual([
    'Error: no',
    '\tat one',
    '  two # #[error]owned',
    ': :error::owned',
  ])
})
