import { expect, test } from 'vitest'
import { isTold } from '../../src/vitest/record.ts'

/** Which of the reports of so many seconds are told, in seconds: one is due every ten. */
function toldIn(seconds: number): number[] {
  return Array.from({ length: seconds / 10 }, (_, nth) => nth)
    .filter(isTold)
    .map((nth) => 10 * nth)
}

test('the progress of ten minutes is told every ten seconds', () => {
  expect(toldIn(600)).toHaveLength(60)
})

test('the progress of a longer flood is told half as often, again and again: a few hundred times in a day', () => {
  const told = toldIn(86_400)
  const gaps = told.map((second, nth) => (told[nth + 1] ?? Infinity) - second)
  const gapAt = (second: number): number => gaps[told.findLastIndex((at) => at <= second)]!
  expect([599, 700, 1_300, 2_500, 80_000].map(gapAt)).toEqual([10, 20, 40, 80, 2_560])
  expect(told.length).toBeLessThan(300)
})
