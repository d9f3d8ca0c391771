import { assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timeForAll, Turns } from '../../src/generator/turns.ts'

const length = 100

/** Milliseconds, to a microsecond. */
const instant = integer({ min: -5_000_000, max: 5_000_000 }).map((us) => us / 1_000)

/** With this seed the first two cycles, and the two before them, begin with the first side, and the next one with the last. */
const forwards = 3
const anySeed = integer({ min: 0, max: 2 ** 32 - 1 })

function turnsOf(sides: number, seed = forwards): Turns[] {
  return Array.from({ length: sides }, (_, side) => new Turns({ side, sides, length, seed }))
}

/** Whose turns there are in so many cycles. */
function orderOf(turns: readonly Turns[], cycles: number): string {
  const sides = turns.length
  const whose = (nth: number): string => 'ABC'[turns.findIndex((one) => one.has(nth * length + 1))]!
  return Array.from({ length: cycles }, (_, cycle) =>
    Array.from({ length: 2 * sides }, (__, nth) => whose(2 * sides * cycle + nth)).join(''),
  ).join(' ')
}

describe('turns', () => {
  test.each([
    [2, 'ABBA ABBA BAAB'],
    [3, 'ABCCBA ABCCBA CBAABC'],
  ])('of %i sides go forwards, then backwards, or the other way round: %s', (sides, order) => {
    expect(orderOf(turnsOf(sides), 3)).toBe(order)
  })

  test('begin with either side as often as with the other', () => {
    const cycles = 400
    const orders = orderOf(turnsOf(2), cycles).split(' ')
    expect(orders.filter((order) => order === 'ABBA').length / cycles).toBeCloseTo(0.5, 1)
  })

  test('come again in the order of their seed', () => {
    const [order, again, other] = [forwards, forwards, forwards + 1].map((seed) => orderOf(turnsOf(2, seed), 20))
    expect(again).toBe(order)
    expect(other).not.toBe(order)
  })

  test('are one at a time, before the measured window as well', () => {
    assert(
      property(integer({ min: 2, max: 5 }), instant, anySeed, (sides, at, seed) => {
        expect(turnsOf(sides, seed).filter((turns) => turns.has(at))).toHaveLength(1)
      }),
    )
  })

  test('divide all of the time', () => {
    assert(
      property(integer({ min: 2, max: 5 }), instant, anySeed, (sides, at, seed) => {
        const sum = turnsOf(sides, seed).reduce((total, turns) => total + turns.own(at), 0)
        expect(sum).toBeCloseTo(at, 6)
      }),
    )
  })

  test('come next when they have not begun, and at once when they have', () => {
    const [base, head] = turnsOf(2) as [Turns, Turns]
    expect([0, 50, 100, 299, 300, 450].map((at) => base.next(at))).toEqual([0, 50, 300, 300, 300, 450])
    expect([0, 50, 100, 299, 300, 450].map((at) => head.next(at))).toEqual([100, 100, 100, 299, 500, 500])
    expect([750, 850].map((at) => base.next(at))).toEqual([750, 900])
    expect([650, 750].map((at) => head.next(at))).toEqual([650, 800])
    expect(head.next(-50)).toBe(100)
    expect(base.next(-150)).toBe(-100)
  })

  test('know when an instant of their own time is', () => {
    assert(
      property(integer({ min: 2, max: 4 }), instant, anySeed, (sides, own, seed) => {
        for (const turns of turnsOf(sides, seed)) {
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
