import { describe, expect, test } from 'vitest'
import type { CapacityResult } from '../../src/capacity/capacity.ts'
import { compareCapacities } from '../../src/capacity/compare.ts'
import { CapacityComparison } from '../../src/summary/capacity-comparison.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'

function between(low: number, high: number, others: Parameters<typeof capacityResult>[1] = {}): CapacityResult {
  const steps = [
    ...(low > 0 ? [capacityStep(low, 'pass')] : []),
    ...(high < Infinity ? [capacityStep(high, 'fail')] : []),
  ]
  return capacityResult(steps, { from: 1, ...others })
}

const base = between(1_000, 1_100)

describe('a head', () => {
  test.each([
    ['slower where even the most it takes is less than is allowed', between(600, 790), 'slower'],
    ['the same where the least it takes is enough', between(950, 1_050), 'same'],
    ['the same where it takes more, maybe', between(1_050, 1_300), 'same'],
    ['faster where the least it takes is more by more than the tolerance', between(1_400, 1_500), 'faster'],
    ['unclear where its interval holds what is allowed', between(790, 900), 'unclear'],
    ['unclear where nothing bounds it', between(0, Infinity), 'unclear'],
  ] as const)('is %s', (_, head, verdict) => {
    expect(compareCapacities(base, head, 0.2)).toMatchObject({ verdict })
  })

  test('is the same where both take the whole range', () => {
    const whole = between(5_000, Infinity, { to: 5_000 })
    expect(compareCapacities(whole, whole, 0.2)).toMatchObject({ verdict: 'same', doubtful: false })
  })

  test('is unclear where it takes the whole range, and nothing is known of its base', () => {
    const whole = between(5_000, Infinity, { to: 5_000 })
    const unknown = between(0, Infinity, { to: 5_000 })
    expect(compareCapacities(unknown, whole, 0.2)).toMatchObject({ verdict: 'unclear', doubtful: true })
  })

  test('is unclear where its base surely kept nothing, which says why', () => {
    const { verdict, doubtful, reasons } = compareCapacities(between(0, 1_000, { from: 1_000 }), base, 0.2)
    expect({ verdict, doubtful }).toEqual({ verdict: 'unclear', doubtful: true })
    expect(reasons).toContain('base: the lowest load of the range, 1k/s, was missed: begin the search lower')
  })

  test('is not merely unclear where its search broke off before it was clear', () => {
    const failed = capacityStep(2_000, 'inconclusive', { summary: undefined, reasons: ['a load thread crashed'] })
    const cut = capacityResult([capacityStep(700, 'pass'), failed])
    const { verdict, doubtful, reasons } = compareCapacities(base, cut, 0.2)
    expect({ verdict, doubtful }).toEqual({ verdict: 'unclear', doubtful: true })
    expect(reasons).toContain('head: the search broke off at 2k/s: a load thread crashed')
    const kept = capacityResult([capacityStep(1_000, 'pass'), failed])
    expect(compareCapacities(base, kept, 0.2)).toMatchObject({ verdict: 'same', doubtful: false })
  })

  test('is unclear where the generator limited both', () => {
    const limited = between(5_000, Infinity)
    expect(compareCapacities(limited, limited, 0.2).verdict).toBe('unclear')
  })

  test('is compared with a base whose SLO was written in another order and unit', () => {
    const p99 = { indicator: 'p99', kind: 'duration', bound: '< 20ms', limit: 20, level: 'fail' } as const
    const errors = { indicator: 'errorRate', kind: 'ratio', bound: '< 1%', limit: 0.01, level: 'fail' } as const
    const written = between(1_000, 1_100, { objectives: [p99, errors] })
    const otherwise = between(1_000, 1_100, { objectives: [errors, { ...p99, bound: '< 0.02s' }] })
    expect(compareCapacities(written, otherwise, 0.2).verdict).toBe('same')
  })

  test('is not compared with a base that had to keep something else', () => {
    const objectives = [{ indicator: 'p50', kind: 'duration', bound: '< 9ms', limit: 9, level: 'fail' }] as const
    const { verdict, doubtful, reasons } = compareCapacities(between(1_000, 1_100, { objectives }), base, 0.2)
    expect({ verdict, doubtful }).toEqual({ verdict: 'unclear', doubtful: true })
    expect(reasons[0]).toBe('the base had to keep p50 < 9ms, the head p99 < 20ms')
  })
})

describe('a verdict that is not clear', () => {
  const unknown = between(0, Infinity)
  const least = between(400, Infinity)

  test.each([
    ['both', unknown, unknown, 'nothing is known of the capacity of base and head'],
    ['the base', unknown, least, 'nothing is known of the capacity of the base, that of the head is at least 400/s'],
    ['the head', base, unknown, 'nothing is known of the capacity of the head, that of the base is 1k/s … 1.1k/s'],
  ])('says of what nothing is known: of %s', (_, one, other, reason) => {
    expect(compareCapacities(one, other, 0.2).reasons[0]).toBe(reason)
  })

  test.each([
    ['at least 400/s', least],
    ['below 1k/s', between(0, 1_000)],
  ])('does not say that a capacity of %s has changed', (ends, head) => {
    const { verdict, reasons } = compareCapacities(least, head, 0.2)
    expect(verdict).toBe('unclear')
    expect(reasons[0]).toBe(`the capacity may have changed (from at least 400/s to ${ends}); 20 % less is allowed`)
  })
})

test('a sure change to or from a capacity without an end has no figure', () => {
  const { verdict, reasons } = compareCapacities(between(200, 220), between(400, Infinity), 0.2)
  expect(verdict).toBe('faster')
  expect(reasons[0]).toBe('the capacity changed (from 200/s … 220/s to at least 400/s); 20 % less is allowed')
})

test('the change lies between what the intervals allow', () => {
  const { change, low, high } = compareCapacities(base, between(500, 550), 0.2)
  expect(change).toBeCloseTo(-0.5)
  expect(low).toBeCloseTo(500 / 1_100 - 1)
  expect(high).toBeCloseTo(550 / 1_000 - 1)
})

test('the change from or to a capacity of which nothing is surely kept is not known', () => {
  const unknown = between(0, Infinity)
  expect(compareCapacities(base, unknown, 0.2).change).toBeNaN()
  expect(compareCapacities(unknown, base, 0.2).change).toBeNaN()
})

test('a comparison prints its verdict, both capacities, and why', () => {
  const head = between(500, 550)
  const compared = new CapacityComparison(base, head, compareCapacities(base, head, 0.2))
  const lines = String(compared).split('\n')
  expect(lines.slice(0, 2).join(' ')).toBe(
    'Slower: the capacity changed by -50 % (-54.5 … -45 %, from 1k/s … 1.1k/s to   500/s … 550/s); 20 % less is allowed',
  )
  expect(String(compared)).toContain('base: Capacity: 1.05k/s with p99 < 20ms')
  expect(String(compared)).toContain('head: Capacity: 524/s with p99 < 20ms')
  expect(JSON.parse(JSON.stringify(compared))).toMatchObject({ verdict: 'slower', head: { low: 500, high: 550 } })
})
