import { describe, expect, test } from 'vitest'
import { isStepDecided, judgeStep, recoveredFrom, triedLoad } from '../../src/capacity/step.ts'
import { parseSLO } from '../../src/slo/objective.ts'
import { latencyOverTime } from '../support/latency-over-time.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

describe('a load', () => {
  const slo = parseSLO({ p99: '< 20ms' })
  const flood = (pings: number, others: Parameters<typeof loadResult>[1] = {}) =>
    loadResult(repeated(pings, 1), { duration: 10_000, ...others })

  test('is kept where its verdict is a pass', () => {
    const summary = flood(100_000)
    expect(judgeStep(10_000, summary, { objectives: slo, rate: 10_000, precision: 0.1 })).toEqual({
      load: 10_000,
      verdict: 'pass',
      reasons: [],
      summary,
    })
  })

  test('is out of reach where fewer pings were due than should have been, however quick their answers', () => {
    const summary = flood(50_000)
    expect(judgeStep(10_000, summary, { objectives: slo, rate: 10_000, precision: 0.1 })).toMatchObject({
      verdict: 'inconclusive',
      limitedBy: 'generator',
      reasons: ['50,000 of 100,000 pings were due when they should have been'],
    })
  })

  describe('of connections', () => {
    const lenient = parseSLO({ p99: '< 20ms', opened: '>= 50' })
    const rule = { objectives: lenient, rate: 10_000, precision: 0.1 }
    const opened = (count: number, others: Parameters<typeof loadResult>[1] = {}) =>
      flood(100_000, { connections: { requested: 1_000, opened: count, failed: 1_000 - count }, ...others })

    test('is missed where they did not open, whatever its SLO allows', () => {
      expect(judgeStep(1_000, opened(60), { ...rule, connections: 1_000 })).toMatchObject({
        verdict: 'fail',
        reasons: ['60 of 1,000 connections opened'],
      })
      expect(judgeStep(1_000, opened(990), { ...rule, connections: 1_000 }).verdict).toBe('pass')
      expect(judgeStep(1_000, opened(60), rule).verdict).toBe('pass')
    })

    test('is missed where nothing else is decided yet, and decided as soon as that is seen', () => {
      const undecided = loadResult(repeated(50, 1), {
        duration: 10_000,
        connections: { requested: 1_000, opened: 60, failed: 940 },
      })
      const early = { ...rule, rate: 5, connections: 1_000 }
      expect(judgeStep(1_000, undecided, early)).toMatchObject({
        verdict: 'fail',
        reasons: ['60 of 1,000 connections opened'],
      })
      expect(isStepDecided(undecided, early)).toBe(true)
      expect(isStepDecided(undecided, { ...early, connections: undefined })).toBe(false)
    })

    test('is not missed for connections that failed in a silence of the generator', () => {
      const afterSilence = { timedOut: 0, lost: 0, dropped: 0, failed: 30, closedEarly: 0, failedReconnects: 0 }
      expect(
        judgeStep(1_000, opened(970, { generator: { afterSilence } }), { ...rule, connections: 1_000 }).verdict,
      ).toBe('inconclusive')
    })

    test('is missed where the server refused most of them, whatever this machine did not allow', () => {
      const errors = { EADDRINUSE: { count: 1, samples: [] }, HTTP_503: { count: 939, samples: [] } }
      expect(judgeStep(1_000, opened(60, { errors }), { ...rule, connections: 1_000 }).verdict).toBe('fail')
    })

    test('is out of reach where this machine did not open them', () => {
      const errors = { EMFILE: { count: 940, samples: [] } }
      const step = judgeStep(1_000, opened(60, { errors }), { ...rule, connections: 1_000 })
      expect(step).toMatchObject({ verdict: 'inconclusive', limitedBy: 'machine' })
      expect(step.reasons[0]).toMatch(/^60 of 1,000 connections opened; .*raise its limit/)
    })
  })

  test('whose arrivals are a Poisson process has fewer of them by chance', () => {
    const rule = { objectives: slo, rate: 200, precision: 0.1 }
    const due = (pings: number) => flood(pings, { options: { rate: 200, arrivals: 'poisson' } })
    expect(judgeStep(200, due(1_900), rule).verdict).toBe('pass')
    expect(judgeStep(200, due(1_700), rule)).toMatchObject({ verdict: 'inconclusive', limitedBy: 'generator' })
    expect(judgeStep(200, flood(1_900), rule)).toMatchObject({ verdict: 'inconclusive', limitedBy: 'generator' })
  })

  test('of which nothing was sent is not missed for want of answers', () => {
    const summary = loadResult([], { duration: 1_000, pings: { due: 0, sent: 0, answered: 0 } })
    const step = judgeStep(1, summary, { objectives: slo, rate: 0.1, precision: 0.1 })
    expect(recoveredFrom(step, 100).verdict).toBe('inconclusive')
  })

  describe('whose SLO is kept', () => {
    const kept = parseSLO({ max: '< 500ms' })
    const judged = (latency: (at: number) => number, duration: number) =>
      judgeStep(1_000, latencyOverTime(latency, { duration }), { objectives: kept, rate: 1_000, precision: 0.1 })

    test('is missed where response times surely grow until it is not', () => {
      expect(judged((at) => 5 + 0.046 * at, 6_000)).toMatchObject({
        verdict: 'fail',
        reasons: ['response times grow by 46 ms each second, the rate is not kept up with'],
      })
    })

    test('is undecided where they may', () => {
      const step = judged((at) => 5 + 0.046 * at, 4_500)
      expect(step.verdict).toBe('inconclusive')
      expect(step.reasons[0]).toMatch(/^response times grow by/)
      expect(triedLoad(step, 'rate').outcome).toBe('undecided')
    })
  })

  describe('under way', () => {
    const rule = { objectives: parseSLO({ max: '< 500ms' }), precision: 0.1 }

    test('is decided once its SLO is kept and response times do not grow', () => {
      expect(
        isStepDecided(
          latencyOverTime(() => 3, { duration: 2_000 }),
          rule,
        ),
      ).toBe(true)
    })

    test('goes on while its SLO is kept and response times grow', () => {
      expect(
        isStepDecided(
          latencyOverTime((at) => 5 + 0.046 * at, { duration: 4_500 }),
          rule,
        ),
      ).toBe(false)
    })

    test('is decided once they have grown for long', () => {
      expect(
        isStepDecided(
          latencyOverTime((at) => 5 + 0.046 * at, { duration: 6_000 }),
          rule,
        ),
      ).toBe(true)
    })

    test('is given up where pings wait on account of a limit of the generator’s own', () => {
      const blurred = repeated(6_000, [60, 600] as const)
      const soFar = { duration: 6_000, generator: { heldBack: 900 }, options: { maxPendingPongs: 40 } }
      expect(isStepDecided(loadResult(blurred, soFar), { ...rule, objectives: parseSLO({ p50: '< 500ms' }) })).toBe(
        true,
      )
    })

    test('goes on where no bound is on what these wait for', () => {
      const soFar = { duration: 6_000, generator: { heldBack: 900 }, options: { maxPendingPongs: 40 } }
      const objectives = parseSLO({ errorRate: '< 0.01%' })
      expect(isStepDecided(loadResult(repeated(6_000, 60), soFar), { ...rule, objectives })).toBe(false)
    })
  })

  test('is missed where nothing was answered under it, and something before and after', () => {
    const summary = flood(0, { pings: { due: 5_000, sent: 5_000, answered: 0, timedOut: 5_000 } })
    const step = judgeStep(500, summary, { objectives: slo, rate: 500, precision: 0.1 })
    expect(step.verdict).toBe('inconclusive')
    expect(recoveredFrom(step, 800)).toMatchObject({
      verdict: 'fail',
      recovery: 800,
      reasons: [
        'nothing was answered, though the server answers before and after',
        expect.stringContaining('none of 5,000 pings was answered'),
      ],
    })
    expect(recoveredFrom(step, Infinity)).toMatchObject({ verdict: 'inconclusive', recovery: Infinity })
  })

  describe('whose pings waited for a limit of the generator’s own until they were dropped', () => {
    const objectives = parseSLO({ errorRate: '< 1%' })
    const heldBack = { duration: 6_000, generator: { heldBack: 8_000 }, options: { maxPendingPongs: 60 } }
    const judge = (pings: object) =>
      judgeStep(3_000, loadResult(repeated(9_000, 200), { ...heldBack, pings }), {
        objectives,
        rate: 3_000,
        precision: 0.1,
      })

    test('is out of the generator’s reach', () => {
      expect(judge({ dropped: 9_000 })).toMatchObject({
        verdict: 'inconclusive',
        limitedBy: 'generator',
        reasons: [
          expect.stringContaining('8,000 pings waited for answers to others: take more connections'),
          expect.anything(),
        ],
      })
    })

    test('is missed where many of those that left had no answer', () => {
      expect(judge({ dropped: 5_000, timedOut: 4_000 }).verdict).toBe('fail')
    })

    test('is missed where few of them had none, and yet more than the bound allows', () => {
      const summary = loadResult(repeated(18_000, 200), { ...heldBack, pings: { timedOut: 150 } })
      const strict = parseSLO({ errorRate: '< 0.1%' })
      expect(judgeStep(3_000, summary, { objectives: strict, rate: 3_000, precision: 0.1 }).verdict).toBe('fail')
    })
  })

  test('is not the generator’s doing where many pings had no answer, however late some of them left', () => {
    const summary = flood(9_000, {
      pings: { due: 10_000, sent: 10_000, answered: 6_000, timedOut: 4_000 },
      generator: { saturated: true, reasons: ['pings left late'] },
    })
    const { limitedBy } = judgeStep(1_000, summary, { objectives: slo, rate: 1_000, precision: 0.1 })
    expect(limitedBy).toBeUndefined()
  })

  test('is missed for connections that did not open before all else, with what refused them', () => {
    const summary = flood(100_000, {
      errors: { HTTP_503: { count: 5, samples: ['Service Unavailable'] } },
      connections: { requested: 10, opened: 5, failed: 5 },
      latency: latencies(repeated(100_000, 400)).both,
      latencyFloor: latencies(repeated(100_000, 400)).both,
    })
    const { verdict, reasons } = judgeStep(10_000, summary, { objectives: slo, rate: 10_000, precision: 0.1 })
    expect(verdict).toBe('fail')
    expect(reasons).toEqual([
      '5 of 10 connections opened, HTTP_503 × 5 (Service Unavailable)',
      expect.stringContaining('p99 is 400 ms'),
    ])
  })

  test('is missed for connections that all ended with the fault that they ended with', () => {
    const summary = flood(50_000, {
      ended: 'disconnected',
      errors: { CLOSE_1006: { count: 10, samples: [] } },
      connections: { requested: 10, opened: 10, closedEarly: 10 },
    })
    const { reasons } = judgeStep(10_000, summary, { objectives: slo, rate: 10_000, precision: 0.1 })
    expect(reasons[0]).toBe('every connection was gone 10 s into the measured window, CLOSE_1006 × 10')
    expect(reasons.filter((reason) => reason.includes('CLOSE_1006'))).toHaveLength(1)
  })

  describe('that a saturated generator left undecided', () => {
    const saturated = { saturated: true, reasons: ['1 % of the pings left more than 5 ms late'] }
    const slow = latencies(repeated(200, 30)).both

    test('is not its doing where pings left late by far less than the bound', () => {
      const step = judgeStep(20, flood(200, { generator: saturated }), { objectives: slo, rate: 20, precision: 0.1 })
      expect(step.verdict).toBe('inconclusive')
      expect(step.limitedBy).toBeUndefined()
      expect(triedLoad(step, 'rate').outcome).toBe('undecided')
    })

    test('is out of reach where the bound is missed only by what was late', () => {
      const step = judgeStep(20, flood(200, { generator: saturated, latency: slow, latencyFloor: slow }), {
        objectives: slo,
        rate: 20,
        precision: 0.1,
      })
      expect(step).toMatchObject({ verdict: 'inconclusive', limitedBy: 'generator' })
      expect(triedLoad(step, 'rate').outcome).toBe('out of reach')
    })

    test('is out of reach where it cannot tell on which side of the bound the server is', () => {
      const blurred = repeated(20_000, [15, 25] as const)
      const serviceTime = latencies(blurred).both
      const summary = loadResult(blurred, { duration: 10_000, generator: saturated, serviceTime })
      expect(judgeStep(2_000, summary, { objectives: slo, rate: 2_000, precision: 0.1 })).toMatchObject({
        verdict: 'inconclusive',
        limitedBy: 'generator',
      })
    })

    test('is not its doing where the server alone misses the bound', () => {
      const summary = loadResult([...repeated(10, 1), 30], { duration: 10_000, generator: saturated })
      const step = judgeStep(1, summary, { objectives: slo, rate: 1, precision: 0.1 })
      expect(step.verdict).toBe('inconclusive')
      expect(step.limitedBy).toBeUndefined()
    })

    test('is out of reach where pings that were due were not sent', () => {
      const summary = flood(9_000, { pings: { due: 10_000, sent: 9_000, dropped: 1_000 }, generator: saturated })
      expect(judgeStep(1_000, summary, { objectives: slo, rate: 1_000, precision: 0.1 })).toMatchObject({
        verdict: 'inconclusive',
        limitedBy: 'generator',
      })
    })
  })

  test('is not the generator’s doing where nothing was answered', () => {
    const summary = flood(0, {
      pings: { due: 1, sent: 0, dropped: 1 },
      generator: { saturated: true, reasons: ['late'] },
    })
    expect(judgeStep(1, summary, { objectives: slo, rate: 1, precision: 0.1 }).limitedBy).toBeUndefined()
  })

  test('is out of reach of a machine without file descriptors', () => {
    const summary = flood(100_000, {
      errors: { EMFILE: { count: 3, samples: [] } },
      connections: { requested: 13, opened: 10, failed: 3 },
    })
    expect(judgeStep(10_000, summary, { objectives: slo, rate: 10_000, precision: 0.1 })).toMatchObject({
      verdict: 'inconclusive',
      limitedBy: 'machine',
    })
  })
})
