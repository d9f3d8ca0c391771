import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult } from '../support/result.ts'

describe('a fan-out', () => {
  test.each<[SLO, Parameters<typeof fanOutResult>[0], string]>([
    ['delivery.p50 < 20ms', {}, 'pass'],
    ['completion.p50 < 20ms', {}, 'pass'],
    ['first.p50 < 2ms', {}, 'pass'],
    ['completion.p50 < 2ms', {}, 'fail'],
    ['completion.max < 2ms', {}, 'fail'],
    ['reach >= 100%', {}, 'pass'],
    ['reach >= 100%', { missed: 1 }, 'fail'],
    ['reach >= 90%', { missed: 20 }, 'pass'],
    ['reach >= 99%', { missed: 8_000 }, 'fail'],
    ['missed <= 1', { missed: 2 }, 'fail'],
    ['missed <= 2', { missed: 2 }, 'pass'],
    ['duplicates <= 0', { duplicates: 1 }, 'fail'],
    ['outOfOrder <= 0', { outOfOrder: 1 }, 'fail'],
    ['outOfOrder <= 0', {}, 'pass'],
    ['reach >= 100%', { misrouted: 1 }, 'fail'],
    ['misrouted <= 1', { misrouted: 1 }, 'pass'],
    ['reach >= 100%', { refused: 1 }, 'fail'],
    ['refused <= 1', { refused: 1 }, 'pass'],
    ['reach >= 100%', { dropped: 20 }, 'inconclusive'],
    ['reach >= 70%', { dropped: 20 }, 'pass'],
    ['missed <= 0', { dropped: 20 }, 'inconclusive'],
    ['missed <= 2000', { dropped: 20 }, 'pass'],
    ['errorRate < 50%', { missed: 20 }, 'pass'],
  ])('is held against %s, having %o: %s', (slo, shape, verdict) => {
    expect(evaluateSLO(fanOutResult(shape), slo).verdict).toBe(verdict)
  })

  test('says what came to another room, and how many messages never left', () => {
    expect(evaluateSLO(fanOutResult({ misrouted: 3 }), 'reach >= 100%').reasons).toEqual([
      expect.stringContaining('3 deliveries came to a subscriber of another room than the message was published to'),
    ])
    expect(evaluateSLO(fanOutResult({ dropped: 20 }), 'reach >= 100%').reasons.join()).toContain(
      '20 of 220 due messages were never published',
    )
  })

  test.each([
    [0.05, 'fail'],
    [0.95, 'inconclusive'],
    [NaN, 'inconclusive'],
  ])('may have missed what a saturated generator kept waiting that was busy %d of the time: %s', (busy, verdict) => {
    const result = fanOutResult({ missed: 10_000 })
    const generator = { ...result.generator, saturated: true, reasons: ['late'], eventLoopUtilization: busy }
    for (const slo of ['reach >= 100%', 'missed <= 0', 'timedOut <= 0', 'errorRate < 1%', 'delivery.p90 < 1s']) {
      expect(`${slo}: ${evaluateSLO({ ...result, generator }, slo).verdict}`).toBe(`${slo}: ${verdict}`)
    }
  })

  test('whose messages miss somebody has no completion of these', () => {
    const { objectives } = evaluateSLO(fanOutResult({ missed: 200 }), 'completion.p50 < 1s')
    expect(objectives[0]).toMatchObject({ verdict: 'fail', measured: Infinity })
  })

  test('has as much evidence as messages, however many receive each', () => {
    for (const subscribers of [10, 1_000]) {
      const { objectives } = evaluateSLO(fanOutResult({ subscribers }), ['delivery.p95 < 20ms', 'reach >= 90%'])
      for (const { effectiveSamples } of objectives) expect(effectiveSamples).toBeCloseTo(200, 6)
    }
  })

  test('speaks of deliveries and messages', () => {
    const { reasons } = evaluateSLO(fanOutResult(), ['delivery.p99.9 < 20ms', 'completion.p99.9 < 20ms'])
    expect(reasons.join('\n')).toMatch(/none of 20,000 deliveries was slower[^]*none of 200 messages was slower/)
  })

  test('has no plain latency', () => {
    const judge = (): unknown =>
      evaluateSLO(fanOutResult(), { p99: '< 20ms', 'serviceTime.p50': '< 1s', 'handshake.p50': '< 1s' })
    expect(judge).toThrow(
      'p99: expected delivery.p99, first.p99 or completion.p99 of a fan-out\n  serviceTime.p50: expected delivery.p50,',
    )
  })

  test.each<[string, string]>([
    ['reach > 100%', 'reach: expected a bound that a run can meet'],
    ['reach < 5%', 'reach: expected > or >= (higher is better)'],
    ['delivery.p99 > 5ms', 'delivery.p99: expected < or <= (lower is better)'],
    ['deliveries.p99 < 5ms', '"deliveries.p99": no such indicator'],
  ])('refuses %s', (slo, mistake) => {
    expect(() => evaluateSLO(fanOutResult(), slo)).toThrow(mistake)
  })

  test('that reached nobody has measured nothing', () => {
    const silent = fanOutResult({ missed: 20_000 })
    const { verdict, vacuous, reasons } = evaluateSLO(silent, { 'delivery.p99': '< 1h', reach: '>= 1%' })
    expect({ verdict, vacuous }).toEqual({ verdict: 'inconclusive', vacuous: true })
    expect(reasons[0]).toBe(
      'nothing was measured, 10 of 10 connections opened, none of 200 messages reached a subscriber',
    )
  })
})

test('a run of pings has no deliveries', () => {
  expect(() => evaluateSLO(loadResult(), ['delivery.p99 < 20ms', 'reach >= 100%'])).toThrow(
    'delivery.p99: only runs of wsLoad.fanOut() have it\n  reach: only runs of wsLoad.fanOut() have it',
  )
})
