import { describe, expect, test } from 'vitest'
import {
  type CapacityStep,
  formatLoad,
  isStepDecided,
  judgeStep,
  rangeOf,
  recoveredFrom,
  triedLoad,
} from '../../src/capacity/capacity.ts'
import { judgeSustained } from '../../src/capacity/sustain.ts'
import { parseSLO } from '../../src/slo/objective.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { latencyOverTime } from '../support/latency-over-time.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

describe('a capacity', () => {
  test('lies half way between what was kept and what was missed, logarithmically', () => {
    const { rate, connections, low, high, limitedBy, reasons } = capacityResult([
      capacityStep(900, 'pass'),
      capacityStep(1_600, 'fail'),
    ])
    expect({ rate, connections, low, high }).toEqual({ rate: 1_200, connections: 10, low: 900, high: 1_600 })
    expect({ limitedBy, reasons }).toEqual({
      limitedBy: 'slo',
      reasons: ['the interval is 77.8 % wide, 10 % was asked for: give it more time (maxDuration)'],
    })
  })

  test('of connections is a whole number of them, and has a rate', () => {
    const steps = [capacityStep(30, 'pass'), capacityStep(33, 'fail')]
    const { rate, connections } = capacityResult(steps, { over: 'connections', ratePerConnection: 2, from: 1, to: 100 })
    expect({ rate, connections }).toEqual({ rate: 62, connections: 31 })
  })

  test('has nothing to say of an interval as precise as it was to be', () => {
    expect(capacityResult([capacityStep(1_000, 'pass'), capacityStep(1_100, 'fail')]).reasons).toEqual([])
  })

  test('is at least what was kept where the generator brought no more about, and is not called the server’s', () => {
    const saturated = capacityStep(5_000, 'inconclusive', { limitedBy: 'generator', reasons: ['its event loop'] })
    const { rate, high, limitedBy, reasons } = capacityResult([capacityStep(900, 'pass'), saturated])
    expect({ rate, high, limitedBy }).toEqual({ rate: 900, high: Infinity, limitedBy: 'generator' })
    expect(reasons).toEqual(['the load generator did not bring about 5k/s: the server may take more', 'its event loop'])
  })

  test('is not said to have lacked a load that was sent, but that the generator cannot tell of', () => {
    const late = capacityStep(200, 'inconclusive', { limitedBy: 'generator', reasons: ['its event loop'] })
    expect(capacityResult([capacityStep(150, 'pass'), late]).reasons[0]).toBe(
      'the load generator cannot tell whether 200/s was kept: the server may take more',
    )
  })

  test('says that a bound on throughput is above what was asked', () => {
    const objectives = [
      { indicator: 'throughput', kind: 'rate', bound: '> 2k/s', limit: 2_000, level: 'fail' },
    ] as const
    const missed = capacityStep(1_600, 'fail', { reasons: ['throughput is 1.6k/s, the limit is > 2k/s'] })
    expect(capacityResult([missed], { objectives }).reasons).toEqual([
      'no load up to 1.6k/s can meet throughput > 2k/s: begin the search higher (from)',
      'no load was surely kept',
    ])
  })

  test('is at least the end of the range where that was kept', () => {
    const { rate, limitedBy, reasons } = capacityResult([capacityStep(100_000, 'pass')])
    expect({ rate, limitedBy }).toEqual({ rate: 100_000, limitedBy: 'range' })
    expect(reasons).toEqual(['the highest load of the range, 100k/s, was kept: the server may take more'])
  })

  test('is nothing where not even the beginning of the range was kept', () => {
    const { rate, low, high, limitedBy, reasons } = capacityResult([capacityStep(100, 'fail')])
    expect({ rate, low, high, limitedBy }).toEqual({ rate: 0, low: 0, high: 100, limitedBy: 'range' })
    expect(reasons).toEqual(['the lowest load of the range, 100/s, was missed: begin the search lower'])
  })

  test('says that nothing was surely kept', () => {
    const { limitedBy, reasons } = capacityResult([capacityStep(1_600, 'fail'), capacityStep(900, 'inconclusive')])
    expect(limitedBy).toBe('slo')
    expect(reasons).toEqual(['no load was surely kept: give it more time (maxDuration), or end the range lower (to)'])
  })

  test('asks for no more time where the generator keeps the interval wide', () => {
    const steps = [
      capacityStep(900, 'pass'),
      capacityStep(5_000, 'fail'),
      capacityStep(1_600, 'inconclusive', { limitedBy: 'generator', reasons: ['its event loop'] }),
    ]
    expect(capacityResult(steps).reasons).toEqual([
      'the interval is 456 % wide, 10 % was asked for: the load generator did not bring about 1.6k/s',
    ])
  })

  test('is unknown where nothing was decided', () => {
    const { rate, limitedBy, reasons } = capacityResult([
      capacityStep(900, 'inconclusive', { reasons: ['not enough'] }),
    ])
    expect({ rate, limitedBy }).toEqual({ rate: 0, limitedBy: 'unknown' })
    expect(reasons).toEqual([expect.stringContaining('give it more time (maxDuration)'), 'not enough'])
  })

  test('says that the search was interrupted, and asks for no more time', () => {
    const summary = loadResult(undefined, { ended: 'aborted' })
    expect(capacityResult([capacityStep(900, 'inconclusive', { summary, reasons: [] })]).reasons).toEqual([
      'the search was interrupted',
    ])
    expect(capacityResult([]).reasons).toEqual(['the search ended before its first load'])
  })

  test('says what was wrong with the flood that tells where to begin where no load was tried', () => {
    const firstFlood = ['asked without a pause, the server answered 30 of 60 pings', 'ERROR_ANSWER × 30']
    expect(capacityResult([], { firstFlood }).reasons).toEqual([
      'the search ended before its first load: asked without a pause, the server answered 30 of 60 pings',
      'ERROR_ANSWER × 30',
    ])
  })

  test('asks for more time where nothing else was lacking for a first load', () => {
    expect(capacityResult([], { firstFlood: [] }).reasons).toEqual([
      'the search ended before its first load: give it more time (maxDuration)',
    ])
  })

  test('says that the server was not always the same', () => {
    const steps = [capacityStep(900, 'fail'), capacityStep(1_600, 'pass'), capacityStep(2_000, 'fail')]
    const { low, high, reasons } = capacityResult(steps)
    expect({ low, high }).toEqual({ low: 0, high: 2_000 })
    expect(reasons).toEqual([
      'the server is not always the same: it surely kept 1.6k/s at one time and surely missed 900/s at another',
    ])
  })

  test('says that the server did not recover', () => {
    const { reasons } = capacityResult([capacityStep(900, 'pass'), capacityStep(1_600, 'fail', { recovery: Infinity })])
    expect(reasons[0]).toBe('the server did not recover from 1.6k/s, which ended the search')
    expect(reasons.join()).not.toContain('more time')
  })

  test('says that a bound on a rate asks for more than the lowest load has', () => {
    const objectives = [{ indicator: 'throughput', kind: 'rate', bound: '> 900/s', limit: 900, level: 'fail' }] as const
    const [missed] = [capacityStep(900, 'fail', { reasons: ['throughput is 900/s, the limit is > 900/s'] })]
    expect(capacityResult([missed], { objectives }).reasons[0]).toBe(
      'no load up to 900/s can meet throughput > 900/s: begin the search higher (from)',
    )
  })
})

describe('a load that was missed for what no column shows', () => {
  const refused = (load: number, over: Partial<CapacityStep> = {}) =>
    capacityStep(load, 'fail', {
      reasons: ['5 of 10 connections opened, HTTP_503 × 5', 'p99 is 400 ms'],
      summary: loadResult(undefined, { connections: { requested: 10, opened: 5, failed: 5 } }),
      ...over,
    })

  test('says why before all else', () => {
    expect(capacityResult([capacityStep(1_000, 'pass'), refused(1_100)]).reasons).toEqual([
      'missed at 1.1k/s: 5 of 10 connections opened, HTTP_503 × 5',
    ])
  })

  test('asks for nothing that cannot help where the lowest rate has connections fail too', () => {
    expect(capacityResult([refused(1_600), refused(900)]).reasons).toEqual([
      'missed at 900/s: 5 of 10 connections opened, HTTP_503 × 5',
      'no load was surely kept',
    ])
  })

  test('asks for no lower beginning where the lowest rate of the range has connections fail', () => {
    expect(capacityResult([refused(100)]).reasons[1]).toBe('the lowest load of the range, 100/s, was missed')
  })

  test('asks for fewer connections where these are varied', () => {
    const { reasons } = capacityResult([refused(10)], {
      over: 'connections',
      ratePerConnection: 1,
      from: 1,
      to: 100,
    })
    expect(reasons[1]).toContain('end the range lower (to)')
  })

  test('asks for nothing of a server that did not recover', () => {
    const reasons = ['every connection was gone 2 s into the measured window, CLOSE_1006 × 10']
    expect(capacityResult([refused(1_600, { reasons, recovery: Infinity })]).reasons).toEqual([
      'the server did not recover from 1.6k/s, which ended the search',
      `missed at 1.6k/s: ${reasons[0]}`,
      'no load was surely kept',
    ])
  })

  test('says that the worst stretch was', () => {
    const objectives = [
      { indicator: 'p99', kind: 'duration', bound: '< 30ms over any 10s', limit: 30, level: 'fail' },
    ] as const
    const missed = capacityStep(1_600, 'fail', { reasons: ['p99 is 40 ms, the limit is < 30ms over any 10s'] })
    expect(capacityResult([missed], { objectives }).reasons[0]).toBe(
      'missed at 1.6k/s: p99 is 40 ms, the limit is < 30ms over any 10s',
    )
  })

  test('says that a percentile beyond the columns was', () => {
    const objectives = [{ indicator: 'p99.9', kind: 'duration', bound: '< 20ms', limit: 20, level: 'fail' }] as const
    const missed = capacityStep(1_600, 'fail', { reasons: ['p99.9 is 400 ms, the limit is < 20ms'] })
    expect(capacityResult([missed], { objectives }).reasons[0]).toBe(
      'missed at 1.6k/s: p99.9 is 400 ms, the limit is < 20ms',
    )
  })
})

describe('a search', () => {
  test.each([
    ['20ms', 0.25],
    ['35ms', 0.361],
    ['1s', 0.5],
  ])('with a bound of %s begins above what a server seems to take by %d of the precision', (bound, share) => {
    const search = {
      over: 'rate',
      from: 1,
      to: 1e6,
      precision: 0.1,
      objectives: parseSLO({ p95: `< ${bound}` }),
    } as const
    expect(rangeOf(search).shareAbove).toBeCloseTo(share, 3)
  })
})

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

  test('is printed with its unit', () => {
    expect([formatLoad('rate', 2_500), formatLoad('connections', 1), formatLoad('connections', 2_500)]).toEqual([
      '2.5k/s',
      '1 connection',
      '2,500 connections',
    ])
  })
})

describe('a load to sustain', () => {
  const capacity = capacityResult([capacityStep(900, 'pass'), capacityStep(1_600, 'fail')])

  test.each([
    [900, 'pass', '900/s is sustained with p99 < 20ms: 900/s is surely kept, 1.6k/s surely missed'],
    [1_600, 'fail', '1.6k/s is not sustained with p99 < 20ms: 900/s is surely kept, 1.6k/s surely missed'],
    [
      1_000,
      'inconclusive',
      '1k/s is neither surely sustained nor surely too much with p99 < 20ms: 900/s is surely kept',
    ],
  ] as const)('of %d/s is a %s', (load, verdict, reason) => {
    expect(judgeSustained(capacity, load)).toMatchObject({ verdict, load, vacuous: false })
    expect(judgeSustained(capacity, load).reason).toContain(reason)
  })

  test.each([0, -1, NaN, Infinity, '5k/s'])('is not %o', (load) => {
    expect(() => judgeSustained(capacity, load as number)).toThrow('load: expected a number above 0')
  })

  test('is never a pass by a search that found nothing', () => {
    expect(judgeSustained(capacityResult([]), 1)).toMatchObject({ verdict: 'inconclusive', vacuous: true })
  })
})
