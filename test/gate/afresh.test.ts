import { describe, expect, test } from 'vitest'
import { compareAfresh, type FigureOfPair } from '../../src/gate/afresh.ts'

const tails = { lower: 0.005, upper: 0.005 }

/** Of a pair whose head took so many times as long. */
function changed(ratio: number, base = 2): FigureOfPair {
  return { base, head: base * ratio }
}

describe('compareAfresh', () => {
  test('has the mean change of all pairs, and what Student allows for it', () => {
    const logs = [0.11, 0.09, 0.11, 0.09, 0.11, 0.09, 0.11, 0.09]
    const { change, low, high } = compareAfresh(
      logs.map((log) => changed(Math.exp(log))),
      tails,
    )
    expect(change).toBeCloseTo(Math.expm1(0.1), 9)
    // Student's t for 7 degrees of freedom at 99.5 % is 3.499 in every table.
    const halfWidth = (3.4995 * 0.01 * Math.sqrt(8 / 7)) / Math.sqrt(8)
    expect([Math.log1p(low), Math.log1p(high)]).toEqual([
      expect.closeTo(0.1 - halfWidth, 5),
      expect.closeTo(0.1 + halfWidth, 5),
    ])
  })

  test('has the geometric means of both sides, whose ratio is the change', () => {
    const { base, head, change } = compareAfresh([changed(1.5, 1), changed(1.2, 4)], tails)
    expect(base).toBeCloseTo(2, 9)
    expect(head / base).toBeCloseTo(1 + change, 9)
  })

  test('is bounded by nothing where there are fewer than eight pairs', () => {
    const seven = Array.from({ length: 7 }, () => changed(1.1))
    expect(compareAfresh(seven, tails)).toMatchObject({ change: expect.closeTo(0.1, 9), low: -1, high: Infinity })
    expect(compareAfresh([...seven, changed(1.1)], tails).low).toBeCloseTo(0.1, 9)
  })

  test('knows nothing where one pair tells nothing', () => {
    const pairs = Array.from({ length: 8 }, () => changed(1))
    const nothing = { base: NaN, head: NaN, change: NaN, low: NaN, high: NaN }
    expect(compareAfresh([...pairs, { base: NaN, head: 1 }], tails)).toMatchObject({
      ...nothing,
      head: expect.any(Number),
    })
  })
})
