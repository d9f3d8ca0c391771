import { describe, expect, test } from 'vitest'
import { explainGrowth, judgeGrowth } from '../../src/capacity/growth.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { parseSLO } from '../../src/slo/objective.ts'
import { latencyOverTime } from '../support/latency-over-time.ts'

const rule = { precision: 0.1, objectives: parseSLO({ p95: '< 500ms' }) }
/** What a server lacks that answers 1,000 of 1,046 pings. */
const growing = (at: number) => 5 + 0.046 * at
/** Slow now and then, for as long as it takes to catch up. */
const sawtooth = (at: number) => 2 + ((at * 7) % 400) / 20

function judge(result: LoadResult): string {
  return judgeGrowth(result, rule)
}

describe('response times', () => {
  test('that grow all the time tell that a server does not keep up', () => {
    const result = latencyOverTime(growing, { duration: 6_000 })
    expect(judge(result)).toBe('fail')
    expect(explainGrowth(result, rule, 'fail')).toBe(
      'response times grow by 46 ms each second, the rate is not kept up with',
    )
  })

  test.each([
    ['are steady', () => 3],
    ['go up and down', sawtooth],
    ['fall', (at: number) => 200 - at / 100],
    ['grow by less than a tenth of the precision', (at: number) => 1 + 0.005 * at],
  ])('that %s tell that it does', (_, latency) => {
    expect(judge(latencyOverTime(latency, { duration: 6_000 }))).toBe('pass')
  })

  test('that stop growing leave it open', () => {
    expect(judge(latencyOverTime((at) => Math.min(200, at / 15), { duration: 6_000 }))).toBe('inconclusive')
  })

  test('that grow by more than 1 % of the time tell so, however coarse the precision', () => {
    const coarse = { ...rule, precision: 0.5 }
    expect(
      judgeGrowth(
        latencyOverTime((at) => 5 + 0.02 * at, { duration: 6_000 }),
        coarse,
      ),
    ).toBe('fail')
  })

  test('that have grown for less than five seconds tell nothing yet', () => {
    expect(judge(latencyOverTime(growing, { duration: 4_000 }))).toBe('inconclusive')
  })

  test('of a run that is too short tell nothing', () => {
    const result = latencyOverTime(() => 3, { duration: 100 })
    expect(judge(result)).toBe('inconclusive')
    expect(explainGrowth(result, rule, 'inconclusive')).toBe('too little is known to tell whether response times grow')
  })

  test('that rise once leave it open, and a reason says how fast they may grow', () => {
    const result = latencyOverTime((at) => (at < 3_000 ? 2 : 60), { duration: 6_000 })
    expect(judge(result)).toBe('inconclusive')
    expect(explainGrowth(result, rule, 'inconclusive')).toMatch(
      /^response times may grow by [\d.]+ ms each second: it is not sure that the load is kept up with$/,
    )
  })

  test('that grow under a saturated generator are not held against the server', () => {
    const generator = { saturated: true, reasons: ['its event loop was busy'] }
    expect(judge(latencyOverTime(growing, { duration: 6_000, generator }))).toBe('inconclusive')
  })

  describe('of pings that were held back', () => {
    const heldBack = (maxPendingPongs: number) =>
      judge(latencyOverTime(growing, { duration: 6_000, generator: { heldBack: 900 }, options: { maxPendingPongs } }))

    test('are not held against the server where fewer were under way than the bound allows', () => {
      expect(heldBack(49)).toBe('inconclusive')
    })

    test('are, where as many were under way as there may be while the bound is kept', () => {
      expect(heldBack(51)).toBe('fail')
    })
  })
})
