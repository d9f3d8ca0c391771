import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { lookRuns, lookTimes } from '../../src/statistics/interim-looks.ts'

test('looks after a second, then each time half as late again, and at the end', () => {
  expect(lookTimes(6_000)).toEqual([1_000, 1_500, 2_250, 3_375, 6_000])
})

test('looks once at what is short', () => {
  expect(lookTimes(1_000)).toEqual([1_000])
  expect(lookTimes(1_400)).toEqual([1_400])
})

test('ends with the longest time, each look at least half as late again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 86_400_000 }), (longest) => {
      const times = lookTimes(longest)
      expect(times.at(-1)).toBe(longest)
      for (const [nth, time] of times.slice(1).entries()) expect(time / times[nth]!).toBeGreaterThanOrEqual(1.5)
    }),
  )
})

test('looks at runs after eight of them, then after half as many again, and at the last', () => {
  expect(lookRuns(8)).toEqual([8])
  expect(lookRuns(16)).toEqual([8, 16])
  expect(lookRuns(30)).toEqual([8, 12, 18, 30])
})
