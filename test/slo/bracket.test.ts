import { expect, test } from 'vitest'
import { formatBracket, formatRange, shownEnds } from '../../src/slo/bracket.ts'
import { formatDuration } from '../../src/units.ts'

test.for([
  [{ measured: 24.9, floor: 24, ceiling: 24.9 }, '24.9 ms'],
  [{ measured: 25, floor: 12, ceiling: 25 }, '12 … 25 ms'],
  [{ measured: 25, floor: 12, ceiling: Infinity }, '≥ 12 ms'],
  [{ measured: Infinity, floor: Infinity, ceiling: Infinity }, '∞'],
  [{ measured: NaN, floor: NaN, ceiling: NaN }, '-'],
] as const)('%j is shown as %s', ([bracket, text]) => {
  expect(formatBracket(bracket, formatDuration)).toBe(text)
})

test('a bracket that is shown as one value has that value for both of its ends', () => {
  expect(shownEnds({ measured: 24.9, floor: 24, ceiling: 24.9 })).toEqual({ low: 24.9, high: 24.9 })
  expect(shownEnds({ measured: 24.9, floor: 12, ceiling: 24.9 })).toEqual({ low: 12, high: 24.9 })
})

test('a range has its unit once where both ends have the same', () => {
  expect(formatRange(0.38, 1.07, formatDuration)).toBe('380 µs … 1.07 ms')
  expect(formatRange(2, 24, formatDuration)).toBe('2 … 24 ms')
})
