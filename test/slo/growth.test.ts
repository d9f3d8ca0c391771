import { describe, expect, test } from 'vitest'
import { evaluateSLO, isDecided, isFallingBehind } from '../../src/slo/evaluate.ts'
import { growthOf } from '../../src/slo/growth.ts'
import { parseSLO } from '../../src/slo/objective.ts'
import { latencyOverTime } from '../support/latency-over-time.ts'

const slo = { max: '< 500ms' }
const p75 = { p75: '< 500ms' }
const constantRate = { duration: 6_000 }
/** What a server lacks that answers 1,000 of 1,046 pings. */
const growing = (at: number): number => 5 + 0.046 * at

describe('response times under a constant rate', () => {
  test('that grow let nothing pass, and a reason says how fast they do', () => {
    const { verdict, vacuous, reasons, objectives } = evaluateSLO(latencyOverTime(growing, constantRate), slo)
    expect({ verdict, vacuous }).toEqual({ verdict: 'inconclusive', vacuous: false })
    expect(reasons).toEqual(['response times grow by 46 ms each second, the rate is not kept up with'])
    expect(objectives.map((one) => one.verdict)).toEqual(['pass'])
  })

  test('that grow as long as the run has lasted let nothing pass either', () => {
    const half = latencyOverTime((at) => 1.08 * at, { duration: 3_000 })
    expect(evaluateSLO(half, { max: '< 4s' }).verdict).toBe('inconclusive')
  })

  test('that grow do not end a run until it is decided', () => {
    const [steady, behind] = [() => 5, growing].map((latency) => latencyOverTime(latency, constantRate))
    const objectives = parseSLO(slo)
    expect([isDecided(steady!, objectives), isDecided(behind!, objectives)]).toEqual([true, false])
  })

  test('that have missed a bound already miss it', () => {
    expect(evaluateSLO(latencyOverTime(growing, constantRate), { max: '< 200ms' })).toMatchObject({
      verdict: 'fail',
      reasons: [expect.stringMatching(/^max is/)],
    })
  })

  test.each([
    ['are steady', () => 3],
    ['go up and down', (at: number) => 2 + ((at * 7) % 400) / 20],
    ['fall', (at: number) => 200 - at / 100],
    ['grow by less than 1 % of the time', (at: number) => 1 + 0.008 * at],
    ['rise once', (at: number) => (at < 4_000 ? 2 : 60)],
    ['rise to a level', (at: number) => 60 * (1 - Math.exp(-at / 800))],
    ['grow of one ping in five', (at: number) => (at % 5 === 0 ? at / 4 : 3)],
  ])('that %s let a pass be', (_, latency) => {
    const objectives = parseSLO(p75)
    const result = latencyOverTime(latency, constantRate)
    expect(isFallingBehind(result, objectives)).toBe(false)
  })

  test('that grow of so many pings as a percentile is about let nothing pass', () => {
    const few = latencyOverTime((at) => (at % 5 === 0 ? at / 4 : 3), constantRate)
    expect(isFallingBehind(few, parseSLO({ max: '< 500ms' }))).toBe(true)
  })

  test('that grow say nothing of an SLO without a bound on response times', () => {
    const behind = latencyOverTime(growing, constantRate)
    expect(isFallingBehind(behind, parseSLO({ errorRate: '<= 0', 'serviceTime.max': '< 500ms' }))).toBe(false)
  })

  test('that grow while pings wait for answers to others have a cure', () => {
    const { reasons } = evaluateSLO(latencyOverTime(growing, { ...constantRate, generator: { heldBack: 900 } }), slo)
    expect(reasons).toEqual([
      'response times grow by 46 ms each second, the rate is not kept up with; 900 pings waited for answers to others: take more connections, or raise maxPendingPongs if the server allows it',
    ])
  })
})

describe('response times that grow', () => {
  test('may, where the rate does in stages', () => {
    const stages = [{ duration: 6_000, rate: 1_000 }]
    const result = latencyOverTime(growing, { duration: 6_000, options: { rate: 1, stages } })
    expect(evaluateSLO(result, slo).verdict).toBe('pass')
  })

  test('may, in the closed model, which waits for them', () => {
    expect(
      evaluateSLO(latencyOverTime(growing, { ...constantRate, options: { rate: undefined, inFlight: 1 } }), slo)
        .verdict,
    ).toBe('pass')
  })

  test('do so by their slope, which lies within its interval', () => {
    const result = latencyOverTime((at) => growing(at) + (at % 40), constantRate)
    const { measured, low, high } = growthOf(result, { percentile: 100, tail: 0.001, evidenceShare: 1 })
    expect(measured).toBeCloseTo(0.046, 3)
    expect(low).toBeGreaterThan(0.04)
    expect(low).toBeLessThan(0.046)
    expect(high).toBeGreaterThan(0.046)
    expect(high).toBeLessThan(0.052)
  })
})
