import { describe, expect, test } from 'vitest'
import {
  formatAllowed,
  formatChange,
  judgeComparison,
  judgeErrors,
  judgeLatency,
  judgeWork,
} from '../../src/gate/comparison.ts'
import { parseTolerance } from '../../src/gate/tolerance.ts'

const tolerance = parseTolerance({ p50: '10%', min: '1ms', errorRate: '1%' })
const [figure] = tolerance.figures

/** A change of the p50 of 20 ms, of which `min` is 5 %. */
function p50(low: number, high: number, base = 20) {
  const change = (low + high) / 2
  return judgeLatency({ base, head: base * (1 + change), change, low, high }, figure!, tolerance)
}

describe('a latency', () => {
  test.each([
    ['slower', 0.11, 0.2],
    ['unclear', 0.09, 0.2],
    ['unclear', -0.5, 0.2],
    ['unclear', NaN, NaN],
    ['unclear', -1, Infinity],
    ['same', -0.02, 0.09],
    ['same', -0.2, 0.05],
    ['faster', -0.3, -0.1],
  ])('is %s when its change lies between %d and %d', (verdict, low, high) => {
    expect(p50(low, high).verdict).toBe(verdict)
  })

  test('may change by less than `min`, however large the share', () => {
    expect(p50(0.3, 0.4, 2)).toMatchObject({ verdict: 'same', allowed: 0.5 })
    expect(p50(0.6, 0.7, 2).verdict).toBe('slower')
  })
})

test('says what is allowed as the tolerance does: a share, and `min` where that is more', () => {
  const said = (base: number): string => judgeComparison([p50(0.9, 1.2, base)], 0.99).reasons[0]!
  expect(said(20)).toBe('p50 changed by +105 %, from 20 ms to 41 ms; 10 % is allowed')
  expect(said(2)).toBe('p50 changed by +105 %, from 2 ms to 4.1 ms; 10 % or 1 ms is allowed')
  expect(formatAllowed({ indicator: 'p50', allowed: 0.5, tolerance: 0.12345, min: 1.2345 })).toBe(
    '12.345 % or 1.2345 ms',
  )
})

test('is doubtful without the processor time that was asked for', () => {
  const asked = parseTolerance({ p50: '10%', cpuPerPing: '10%' })
  const unwatched = judgeWork(asked, () => ({ base: NaN, head: NaN, change: NaN, low: NaN, high: NaN }), true)
  expect(judgeComparison([p50(-0.02, 0.05), ...unwatched], 0.99)).toMatchObject({ verdict: 'unclear', doubtful: true })
})

test('says more digits where a change reads as what is allowed', () => {
  const [unclear] = judgeComparison([p50(0.0999, 0.1001)], 0.99).reasons
  expect(unclear).toContain('p50 changed by +9.99 … +10.01 % at 99 % confidence, 10 % is allowed')
})

test('says changes of an error rate in percentage points', () => {
  const change = judgeErrors({ base: 0.005, head: 1, change: 0.995, low: 0.99, high: 0.996 }, tolerance)
  expect(judgeComparison([change], 0.99).reasons).toEqual([
    'errorRate changed by +99.5 pp, from 0.5 % to 100 %; 1 pp is allowed',
  ])
})

test('a latency of which too little was measured has its share as what is allowed', () => {
  const nothing = judgeLatency({ base: NaN, head: NaN, change: NaN, low: NaN, high: NaN }, figure!, tolerance)
  expect(nothing).toMatchObject({ verdict: 'unclear', allowed: 0.1 })
})

test('errors are compared by their difference', () => {
  const errors = (low: number, high: number) =>
    judgeErrors({ base: 0, head: high, change: high, low, high }, tolerance).verdict
  expect([errors(0.02, 0.03), errors(0, 0.02), errors(-0.001, 0.001), errors(-0.1, -0.02)]).toEqual([
    'slower',
    'unclear',
    'same',
    'faster',
  ])
})

describe('the verdict on several changes', () => {
  const [slower, unclear, same, faster] = [p50(0.2, 0.3), p50(-0.5, 0.5), p50(-0.01, 0.01), p50(-0.3, -0.2)]

  test.each([
    ['slower', [same, unclear, slower, faster]],
    ['unclear', [same, unclear, faster]],
    ['faster', [same, faster]],
    ['same', [same]],
    ['unclear', []],
  ])('is %s', (verdict, changes) => {
    expect(judgeComparison(changes, 0.99).verdict).toBe(verdict)
  })

  test('is unclear, or slower, when there is a threat to its validity', () => {
    const verdictOn = (changes: (typeof same)[]) => judgeComparison(changes, 0.99, { threats: ['head: gone'] }).verdict
    expect([verdictOn([same]), verdictOn([faster]), verdictOn([slower])]).toEqual(['unclear', 'unclear', 'slower'])
  })

  test('says why', () => {
    const reasonsOf = (...changes: (typeof same)[]) =>
      judgeComparison(changes, 0.99, { threats: ['head: gone'] }).reasons
    expect(reasonsOf(slower)).toEqual(['p50 changed by +25 %, from 20 ms to 25 ms; 10 % is allowed', 'head: gone'])
    expect(reasonsOf(unclear)).toEqual([
      'head: gone',
      'not enough evidence: p50 changed by -50 … +50 % at 99 % confidence, 10 % is allowed',
    ])
    expect(judgeComparison([same], 0.99).reasons).toEqual([])
  })
})

test.each([
  [0.047, '+4.7 %'],
  [-0.003, '-0.3 %'],
  [0, '0 %'],
  [1.4, '+140 %'],
  [14, '+1,400 %'],
  [Infinity, '∞'],
  [NaN, '-'],
])('prints a change of %d as %s', (change, text) => {
  expect(formatChange(change)).toBe(text)
})
