import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { durationNeeded, longestNeeded, roundLength, type RunShape } from '../../src/slo/duration-needed.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { parseSLO } from '../../src/slo/objective.ts'
import { loadResult, repeated } from '../support/result.ts'

const shape: RunShape = { pingsPerMs: 10, stalls: false, falsePass: 0.001 }

function needed(objective: string, different: Partial<RunShape> = {}): number | undefined {
  return durationNeeded(parseSLO([objective])[0]!, { ...shape, ...different })
}

describe('the length that an objective needs', () => {
  test('is longer for higher percentiles and for lower rates', () => {
    const lengths = ['p90', 'p99', 'p99.9'].map((indicator) => needed(`${indicator} < 1s`)!)
    expect(lengths).toEqual(lengths.toSorted((one, other) => one - other))
    expect(needed('p99.9 < 1s')).toBeLessThan(needed('p99.9 < 1s', { pingsPerMs: 1 })!)
  })

  test('has room for as many stalls as independent pings are needed', () => {
    const length = needed('p99 < 20ms', { stalls: true })!
    expect(length / 20).toBeGreaterThan(Math.log(0.001) / Math.log(0.99))
  })

  test('does not depend on the limit where nothing stands still as long, and not on the rate where it does', () => {
    expect(needed('p99 < 20ms')).toBe(needed('p99 < 1s'))
    expect(needed('p99 < 20ms')).toBeLessThan(needed('p99 < 20ms', { stalls: true })!)
    expect(needed('p99 < 20ms', { stalls: true, pingsPerMs: 1_000 })).toBe(needed('p99 < 20ms', { stalls: true }))
  })

  test('of an error rate is that of the percentile with as much beyond it', () => {
    expect(needed('errorRate < 1%', { stalls: true })).toBe(needed('p99 < 1s'))
  })

  test.for(['max < 1s', 'mean < 1s', 'throughput > 1/s', 'handshake.p99 < 1s', 'lost <= 0', 'errorRate <= 0'])(
    'of %s is none',
    (objective) => {
      expect(needed(objective)).toBeUndefined()
    },
  )

  test('is none beyond a day', () => {
    expect(needed('p99.9 < 1h', { stalls: true })).toBeUndefined()
  })
})

test('lengths are easily said, and never shorter than what they stand for', () => {
  expect([1, 1_400, 21_000, 61_000, 130_000, 5_000_000].map(roundLength)).toEqual([
    1_000, 1_500, 30_000, 90_000, 180_000, 5_400_000,
  ])
  fc.assert(
    fc.property(fc.double({ min: 1, max: 86_400_000, noNaN: true }), (ms) => {
      expect(roundLength(ms)).toBeGreaterThanOrEqual(ms)
    }),
  )
})

describe('the length that a verdict lacks', () => {
  const undecided = loadResult(repeated(300, 2), { duration: 300 })

  test('is the longest of its objectives that count', () => {
    const { objectives } = evaluateSLO(undecided, { p90: '< 20ms', p99: '< 20ms' })
    const lengths = objectives.map(({ durationNeeded: length }) => length!)
    expect(lengths[0]).toBeLessThan(lengths[1]!)
    expect(longestNeeded(evaluateSLO(undecided, { p90: '< 20ms', p99: '< 20ms' }))).toBe(lengths[1])
    expect(longestNeeded(evaluateSLO(undecided, { p90: '< 20ms', p99: { warn: '< 20ms' } }))).toBe(lengths[0])
  })

  test('is none where it is decided, where no time helps and where the generator cannot tell', () => {
    expect(longestNeeded(evaluateSLO(loadResult(), { p99: '< 20ms' }))).toBeUndefined()
    expect(longestNeeded(evaluateSLO(loadResult([]), { p99: '< 20ms' }))).toBeUndefined()
    const blurred = loadResult(repeated(20_000, [12, 25] as const))
    expect(longestNeeded(evaluateSLO(blurred, { p99: '< 20ms' }))).toBeUndefined()
  })
})
