import { assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timeForAll, Turns } from '../../src/generator/turns.ts'

const length = 100

/** Milliseconds, to a microsecond. */
const instant = integer({ min: -5_000_000, max: 5_000_000 }).map((us) => us / 1_000)

function turnsOf(sides: number): Turns[] {
  return Array.from({ length: sides }, (_, side) => new Turns({ side, sides, length }))
}

describe('turns', () => {
  test.each([
    [2, 'ABBA ABBA'],
    [3, 'ABCCBA ABCCBA'],
  ])('of %i sides go forwards, then backwards: %s', (sides, order) => {
    const turns = turnsOf(sides)
    const whose = (elapsed: number): string => 'ABC'[turns.findIndex((one) => one.has(elapsed))]!
    const seen = Array.from({ length: 4 * sides }, (_, nth) => whose(nth * length + 1)).join('')
    expect(seen).toBe(order.replace(' ', ''))
  })

  test('are one at a time, before the measured window as well', () => {
    assert(
      property(integer({ min: 2, max: 5 }), instant, (sides, at) => {
        expect(turnsOf(sides).filter((turns) => turns.has(at))).toHaveLength(1)
      }),
    )
  })

  test('divide all of the time', () => {
    assert(
      property(integer({ min: 2, max: 5 }), instant, (sides, at) => {
        const sum = turnsOf(sides).reduce((total, turns) => total + turns.own(at), 0)
        expect(sum).toBeCloseTo(at, 6)
      }),
    )
  })

  test('come next when they have not begun, and at once when they have', () => {
    const [base, head] = turnsOf(2) as [Turns, Turns]
    expect([0, 50, 100, 299, 300, 450].map((at) => base.next(at))).toEqual([0, 50, 300, 300, 300, 450])
    expect([0, 50, 100, 299, 300, 450].map((at) => head.next(at))).toEqual([100, 100, 100, 299, 500, 500])
    expect(head.next(-50)).toBe(100)
    expect(base.next(-150)).toBe(-100)
  })

  test('know when an instant of their own time is', () => {
    assert(
      property(integer({ min: 2, max: 4 }), instant, (sides, own) => {
        for (const turns of turnsOf(sides)) {
          expect(turns.own(turns.elapsed(own))).toBeCloseTo(own, 6)
          expect(turns.own(turns.over(own))).toBeCloseTo(own, 6)
        }
      }),
    )
  })

  test('begin with an instant of the next turn, and are over at the end of the last one', () => {
    const [base] = turnsOf(2) as [Turns]
    expect(base.elapsed(100)).toBe(300)
    expect(base.over(100)).toBe(100)
    expect(base.over(200)).toBe(400)
    expect(base.over(Infinity)).toBe(Infinity)
  })
})

test('all sides together take whole cycles of turns', () => {
  expect(timeForAll(1_000, 1)).toBe(1_000)
  expect(timeForAll(1_000, 2)).toBe(2_000)
  expect(timeForAll(250, 2)).toBe(800)
  expect(timeForAll(0, 2)).toBe(0)
})
