import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Receipts } from '../../src/generator/receipts.ts'

const window = 16

test('tells what comes next, late, again and too late', () => {
  const receipts = new Receipts(1, 1, window)
  const taken = [0, 3, 3, 1, 1, 0, 3 + window, 4, 3, 2, 3 + window].map((sequence) => receipts.take(0, 0, sequence))
  expect(taken).toEqual([
    'next',
    'next',
    'again',
    'late',
    'again',
    'again',
    'next',
    'late',
    'too late',
    'too late',
    'again',
  ])
})

test('counts for many members and many messages at once', () => {
  const receipts = new Receipts(1, 40_000, 65_536)
  expect([39_999, 0, 39_999].map((place) => receipts.take(0, place, 5))).toEqual(['next', 'next', 'again'])
})

test('takes each message of each publisher by each member once, in whatever order they come', () => {
  const arrival = fc.tuple(fc.nat(2), fc.nat(8), fc.nat(60))
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 300 }), (arrivals) => {
      const receipts = new Receipts(3, 9, window)
      const came = new Map<string, Set<number>>()
      for (const [publisher, place, sequence] of arrivals) {
        const key = `${publisher} ${place}`
        const before = came.get(key) ?? new Set()
        const latest = Math.max(-1, ...before)
        const expected =
          sequence > latest
            ? 'next'
            : sequence <= latest - window
              ? 'too late'
              : before.has(sequence)
                ? 'again'
                : 'late'
        expect(receipts.take(publisher, place, sequence)).toBe(expected)
        came.set(key, before.add(sequence))
      }
    }),
  )
})
