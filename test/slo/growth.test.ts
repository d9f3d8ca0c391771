import { describe, expect, test } from 'vitest'
import { evaluateSLO, isDecided } from '../../src/slo/evaluate.ts'
import { growthOf } from '../../src/slo/growth.ts'
import { parseSLO } from '../../src/slo/objective.ts'
import { latencyOverTime } from '../support/latency-over-time.ts'

const slo = { max: '< 500ms' }
const constantRate = { duration: 6_000, options: { rate: 1_000, inFlight: undefined } }
/** What a server lacks that answers 1,000 of 1,046 pings. */
const growing = (at: number): number => 5 + 0.046 * at

describe('response times under a constant rate', () => {
  test('that grow let nothing pass, and a reason says how fast they do', () => {
    const { verdict, vacuous, reasons, objectives } = evaluateSLO(latencyOverTime(growing, constantRate), slo)
    expect({ verdict, vacuous }).toEqual({ verdict: 'inconclusive', vacuous: false })
    expect(reasons).toEqual(['response times grow by 46 ms each second: fewer pings are answered than are due'])
    expect(objectives.map((one) => one.verdict)).toEqual(['pass'])
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
    ['rise once', (at: number) => (at < 3_000 ? 2 : 60)],
  ])('that %s let a pass be', (_, latency) => {
    expect(evaluateSLO(latencyOverTime(latency, constantRate), slo).verdict).toBe('pass')
  })

  test('that grow say nothing of an SLO without a latency', () => {
    expect(evaluateSLO(latencyOverTime(growing, constantRate), { errorRate: '<= 0' }).verdict).toBe('pass')
  })
})

describe('response times that grow', () => {
  test('may, where the rate does in stages', () => {
    const stages = [{ duration: 6_000, rate: 1_000 }]
    const result = latencyOverTime(growing, { duration: 6_000, options: { rate: 1, stages } })
    expect(evaluateSLO(result, slo).verdict).toBe('pass')
  })

  test('may, in the closed model, which waits for them', () => {
    expect(evaluateSLO(latencyOverTime(growing, { duration: 6_000 }), slo).verdict).toBe('pass')
  })

  test('do so by their slope, which lies within its interval', () => {
    const { slices } = latencyOverTime((at) => growing(at) + (at % 40), constantRate)
    const { measured, low, high } = growthOf(slices, 0.001, 1)
    expect(measured).toBeCloseTo(0.046, 3)
    expect(low).toBeGreaterThan(0.04)
    expect(low).toBeLessThan(0.046)
    expect(high).toBeGreaterThan(0.046)
    expect(high).toBeLessThan(0.052)
  })
})
