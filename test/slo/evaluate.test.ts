import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { connectionTotals } from '../support/connection-totals.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

const everything: SLO = { p50: '< 1h', max: '< 1h', errorRate: '< 99%', throughput: '> 0', lost: '<= 1000000' }

function only(result: Parameters<typeof evaluateSLO>[0], slo: SLO) {
  return evaluateSLO(result, slo).objectives[0]!
}

test('passes a run that meets every bound', () => {
  const verdict = evaluateSLO(loadResult(), { p99: '< 20ms', errorRate: '< 0.1%', throughput: '> 100/s' })
  expect(verdict).toMatchObject({ verdict: 'pass', reasons: [] })
})

test.each([
  ['a promise', Promise.resolve(loadResult()), 'a promise; await it first'],
  ['what was read from a file', { schemaVersion: 1 }, 'a summary as JSON; pass LoadSummary.fromJSON(…) of it'],
  ['anything else', {}, 'an object (); pass what wsLoad(…) resolved to'],
])('refuses %s for a run', (_, value, got) => {
  expect(() => evaluateSLO(value as never, 'p99 < 1s')).toThrow(
    expect.objectContaining({
      code: 'WSLOAD_ERR_NOT_A_SUMMARY',
      message: `evaluateSLO: expected a LoadSummary, got ${got}`,
    }),
  )
})

test('takes what was said in sessions for no late answers', () => {
  const run = loadResult([], {
    pings: { sent: 10, timedOut: 10 },
    messages: { received: 20, unsolicited: 0 },
    session: latencies([2, 2]).both,
  })
  expect(evaluateSLO(run, { p99: '< 1s' }).reasons[0]).toBe(
    'nothing was measured, 10 of 10 connections opened, none of 10 pings was answered',
  )
})

test('says of a met bound how much is to spare', () => {
  const objective = only(loadResult(), { p99: '< 20ms' })
  expect(objective).toMatchObject({ verdict: 'pass', indicator: 'p99', bound: '< 20ms', limit: 20, kind: 'duration' })
  expect(objective.measured).toBeCloseTo(18, 1)
  expect(objective.margin).toBeCloseTo(2, 1)
  expect(objective.excess).toBeCloseTo(-0.1, 2)
  expect(objective.reason).toBe('p99 is 18 ms, the limit is < 20ms')
})

test('fails a missed bound and says by how much', () => {
  const verdict = evaluateSLO(loadResult(), { p50: '< 20ms', p99: '< 15ms' })
  expect(verdict).toMatchObject({ verdict: 'fail', reasons: ['p99 is 18 ms, the limit is < 15ms'] })
  expect(verdict.objectives[1]!.margin).toBeCloseTo(-3, 1)
  expect(verdict.objectives[1]!.excess).toBeCloseTo(0.2, 2)
})

test('has nothing to spare exactly at the limit', () => {
  expect(only(loadResult(), { lost: '<= 0' })).toMatchObject({ verdict: 'pass', margin: 0, excess: 0 })
})

test('tells < from <= and > from >=', () => {
  const result = loadResult(undefined, { pings: { lost: 3 } })
  const verdicts = (slo: SLO) => evaluateSLO(result, slo).objectives.map(({ verdict }) => verdict)
  expect(verdicts({ lost: ['< 3', '<= 3', '< 4'] })).toEqual(['fail', 'pass', 'pass'])
  expect(verdicts({ opened: ['> 10', '>= 10', '> 9'] })).toEqual(['fail', 'pass', 'pass'])
})

test('reads each total from its own place', () => {
  const result = loadResult(undefined, {
    pings: { timedOut: 1, lost: 2, dropped: 3 },
    connections: connectionTotals({ requested: 10, failed: 1, closedEarly: 4 }),
    throughput: 5,
    offeredRate: 6,
    errorRate: 0.07,
    connectErrorRate: 0.08,
  })
  const slo = {
    timedOut: '< 9',
    lost: '< 9',
    dropped: '< 9',
    opened: '> 1',
    closedEarly: '< 9',
    throughput: '> 1',
    offeredRate: '> 1',
    errorRate: '< 10%',
    connectErrorRate: '< 90%',
  } satisfies SLO
  const measured = Object.fromEntries(evaluateSLO(result, slo).objectives.map((one) => [one.indicator, one.measured]))
  expect(measured).toEqual({
    timedOut: 1,
    lost: 2,
    dropped: 3,
    opened: 9,
    closedEarly: 4,
    throughput: 5,
    offeredRate: 6,
    errorRate: 0.07,
    connectErrorRate: 0.08,
  })
})

test('reads each latency from its own histogram', () => {
  const result = loadResult(repeated(100, 5), {
    serviceTime: latencies(repeated(100, 3)).both,
    handshake: latencies(repeated(10, 40)).both,
  })
  const { objectives } = evaluateSLO(result, { p99: '< 1h', 'serviceTime.mean': '< 1h', 'handshake.max': '< 1h' })
  expect(objectives.map(({ measured }) => Math.round(measured))).toEqual([5, 3, 40])
})

describe('a ping without an answer is infinitely slow:', () => {
  test('a percentile that falls among them is infinite', () => {
    const result = loadResult(repeated(19_200, 2), { pings: { timedOut: 700, lost: 100 } })
    expect(only(result, { p99: '< 1h' })).toMatchObject({ verdict: 'fail', measured: Infinity, excess: Infinity })
    expect(only(result, { p90: '< 3ms' })).toMatchObject({ verdict: 'pass' })
    expect(only(result, { 'serviceTime.p99': '< 1h' })).toMatchObject({ verdict: 'fail' })
  })

  test('one of them makes maximum and mean infinite', () => {
    const result = loadResult(repeated(980, 2), { pings: { lost: 1 } })
    expect(only(result, { max: '< 1h' })).toMatchObject({ verdict: 'fail', measured: Infinity })
    expect(only(result, { mean: '< 1h' })).toMatchObject({ verdict: 'fail', measured: Infinity })
    expect(only(result, { min: '< 3ms' })).toMatchObject({ verdict: 'pass' })
  })

  test('a connection that did not open is an infinitely slow handshake', () => {
    const result = loadResult(undefined, { connections: { requested: 1000, opened: 900, failed: 100 } })
    expect(only(result, { 'handshake.max': '< 1h' })).toMatchObject({ verdict: 'fail', measured: Infinity })
    expect(only(result, { 'handshake.p50': '< 3ms' })).toMatchObject({ verdict: 'pass' })
  })

  test('a bound that only warns lets no connection be missing', () => {
    const connections = connectionTotals({ requested: 100, failed: 60, closedEarly: 1 })
    const result = loadResult(undefined, { connections })
    const slo = { max: '< 1h', connectErrorRate: { warn: '< 1%' }, closedEarly: { warn: '<= 0' } }
    expect(evaluateSLO(result, slo).verdict).toBe('fail')
    const lenient = { max: '< 1h', opened: '>= 1', closedEarly: '<= 1' }
    expect(evaluateSLO(result, lenient).verdict).toBe('pass')
  })

  test('a coalesced ping is as slow as the answer that stands for its own, and no error', () => {
    const result = loadResult([...repeated(2_000, 2), ...repeated(18_000, 18)], { pings: { coalesced: 18_000 } })
    for (const slo of [{ p50: '< 10ms' }, { mean: '< 10ms' }, { max: '< 10ms' }, { p50: '< 10ms over any 1s' }]) {
      expect(only(result, slo)).toMatchObject({ verdict: 'fail' })
    }
    expect(only(result, { p50: '< 10ms' })).toMatchObject({ samples: 20_000 })
    expect(only(result, { mean: '< 10ms' })).toMatchObject({ samples: 20_000 })
    expect(only(result, { errorRate: '<= 0' })).toMatchObject({ verdict: 'pass' })
    expect(only(result, { throughput: '> 500/s' })).toMatchObject({ verdict: 'fail', measured: 400 })
  })

  test('a percentile is that of the sorted list with infinities at its end', () => {
    const slow = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 300 })
    const percentile = fc.integer({ min: 1, max: 9999 }).map((hundredths) => hundredths / 100)
    fc.assert(
      fc.property(slow, fc.nat(50), percentile, (samples, timedOut, p) => {
        const sorted = [...samples.toSorted((one, other) => one - other), ...repeated(timedOut, Infinity)]
        const expected = sorted[Math.ceil((Math.round(p * 100) * sorted.length) / 10_000) - 1]!
        const { measured } = only(loadResult(samples, { pings: { timedOut } }), { [`p${p}`]: '< 1h' })
        expect(measured === expected || Math.abs(measured / expected - 1) < 0.001).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})

describe('a bracket decides only what it can:', () => {
  const wide = loadResult(repeated(20_000, [12, 25] as const))

  test('its ceiling below the limit passes', () => {
    expect(only(wide, { p99: '< 26ms' })).toMatchObject({ verdict: 'pass' })
  })

  test('its floor above the limit fails, by the distance from the floor', () => {
    const objective = only(wide, { p99: '< 10ms' })
    expect(objective.verdict).toBe('fail')
    expect(objective.margin).toBeCloseTo(-2, 1)
  })

  test('the limit inside of it is inconclusive', () => {
    const verdict = evaluateSLO(wide, { p99: '< 20ms' })
    expect(verdict).toMatchObject({ verdict: 'inconclusive' })
    expect(verdict.reasons).toEqual(['p99: the generator cannot tell, it lies between 12 ms and 25 ms'])
  })

  test('the limit inside of it says that pings were held back', () => {
    const heldBack = loadResult(repeated(20_000, [12, 25] as const), { generator: { heldBack: 1_500 } })
    expect(evaluateSLO(heldBack, { p99: '< 20ms' }).reasons).toEqual([
      'p99: the generator cannot tell, it lies between 12 ms and 25 ms; 1,500 pings waited for answers to others: ' +
        'take more connections, or raise maxPendingPongs if the server allows it',
    ])
  })

  test('the mean has the floor of the floors', () => {
    expect(only(wide, { mean: '< 20ms' })).toMatchObject({ verdict: 'inconclusive' })
    expect(only(wide, { mean: '< 11ms' })).toMatchObject({ verdict: 'fail' })
    expect(only(wide, { 'serviceTime.mean': '< 20ms' })).toMatchObject({ verdict: 'inconclusive' })
  })

  test('handshakes and sessions have one of their own', () => {
    const connecting = latencies(repeated(1_000, [8, 12] as const)).both
    const result = loadResult(repeated(20_000, 2), { handshake: connecting, session: connecting })
    for (const indicator of ['handshake.mean', 'session.mean', 'handshake.p50'] as const) {
      expect(only(result, { [indicator]: '< 11ms' })).toMatchObject({ verdict: 'inconclusive' })
    }
    expect(only(result, { 'handshake.mean': '< 7ms' })).toMatchObject({ verdict: 'fail' })
    expect(only(result, { 'session.mean': '< 13ms' })).toMatchObject({ verdict: 'pass' })
  })

  test('what the generator says of itself comes first', () => {
    const result = loadResult(repeated(20_000, [12, 25] as const), {
      generator: { saturated: true, reasons: ['thread 1 was busy'] },
    })
    expect(evaluateSLO(result, { p99: '< 20ms' }).reasons[0]).toBe('thread 1 was busy')
  })

  test('the verdict only loosens as the limit grows', () => {
    const order = ['fail', 'inconclusive', 'pass']
    const rank = (limit: number) => order.indexOf(only(wide, { p99: `< ${limit}ms` }).verdict)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (one, other) => {
        expect(rank(Math.min(one, other))).toBeLessThanOrEqual(rank(Math.max(one, other)))
      }),
    )
  })
})

describe('a saturated generator does not blame the server:', () => {
  const saturated = { saturated: true, reasons: ['thread 1 was busy'] }

  test('for a throughput below the limit', () => {
    const result = loadResult(undefined, { generator: saturated })
    expect(evaluateSLO(result, { throughput: '> 5k/s' })).toMatchObject({ verdict: 'inconclusive' })
    expect(evaluateSLO(result, { offeredRate: '> 5k/s' })).toMatchObject({ verdict: 'inconclusive' })
    expect(evaluateSLO(result, { throughput: '> 100/s' })).toMatchObject({ verdict: 'pass' })
  })

  test('for pings it did not send', () => {
    const result = loadResult(undefined, { generator: saturated, pings: { dropped: 100 } })
    expect(evaluateSLO(result, { dropped: '< 10' })).toMatchObject({ verdict: 'inconclusive' })
    expect(evaluateSLO(result, { errorRate: '< 1%' })).toMatchObject({ verdict: 'inconclusive' })
  })

  test('for pings that left late', () => {
    const result = loadResult(repeated(20_000, 60), {
      generator: saturated,
      serviceTime: latencies(repeated(20_000, [4, 9] as const)).both,
    })
    const verdicts = (slo: SLO) => evaluateSLO(result, slo).objectives.map(({ verdict }) => verdict)
    expect(verdicts({ p99: ['< 3ms', '< 20ms', '< 61ms'] })).toEqual(['fail', 'inconclusive', 'pass'])
    expect(verdicts({ mean: '< 20ms', max: '< 20ms' })).toEqual(['inconclusive', 'inconclusive'])
    expect(verdicts({ 'serviceTime.p99': ['< 3ms', '< 5ms', '< 10ms'] })).toEqual(['fail', 'inconclusive', 'pass'])
  })

  test('for pings that timed out', () => {
    const result = loadResult(undefined, { generator: saturated, pings: { timedOut: 1_000 } })
    expect(
      evaluateSLO(result, { errorRate: '< 1%', p99: '< 20ms', 'serviceTime.max': '< 20ms', timedOut: '<= 0' }),
    ).toMatchObject({
      verdict: 'inconclusive',
      reasons: [
        'thread 1 was busy',
        'errorRate: the generator was saturated, 1,000 dropped or timed-out pings may be its own doing',
        'p99: the generator was saturated, 1,000 timed-out pings may be its own doing',
        'serviceTime.max: the generator was saturated, 1,000 timed-out pings may be its own doing',
        'timedOut: the generator was saturated, 1,000 timed-out pings may be its own doing',
      ],
    })
  })

  test('while one that is not is blamed for them', () => {
    const result = loadResult(repeated(20_000, 60), {
      pings: { dropped: 1_000, timedOut: 1_000 },
      serviceTime: latencies(repeated(20_000, 4)).both,
    })
    const slo = { dropped: '< 10', timedOut: '< 10', errorRate: '< 1%', throughput: '> 5k/s', p50: '< 20ms' }
    expect(evaluateSLO(result, slo).objectives.map(({ verdict }) => verdict)).toEqual(repeated(5, 'fail'))
  })

  test('but does for pings and connections that the server gave up', () => {
    const result = loadResult(undefined, { generator: saturated, pings: { lost: 1_000, timedOut: 1, dropped: 1 } })
    const verdicts = evaluateSLO(result, { errorRate: '< 1%', max: '< 1h', lost: '<= 0' }).objectives
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(repeated(3, 'fail'))
  })
})

describe('a generator that was silent for a while does not blame the server:', () => {
  const afterSilence = { timedOut: 1_000, lost: 1_000, dropped: 1_000, failed: 2, closedEarly: 3, failedReconnects: 0 }
  const pings = { timedOut: 1_000, lost: 1_000, dropped: 1_000 }
  const connections = connectionTotals({ requested: 10, failed: 2, closedEarly: 3 })

  test('for what failed within a second of that', () => {
    const result = loadResult(undefined, { generator: { afterSilence }, pings, connections })
    const slo: SLO = {
      timedOut: '<= 0',
      lost: '<= 0',
      dropped: '<= 0',
      opened: '>= 10',
      closedEarly: '<= 0',
      errorRate: '< 1%',
      connectErrorRate: '< 1%',
      p99: '< 20ms',
      'handshake.p99': '< 1s',
    }
    const { verdict, objectives } = evaluateSLO(result, slo)
    expect(verdict).toBe('inconclusive')
    expect(objectives.map((objective) => objective.reason)).toMatchInlineSnapshot(`
      [
        "timedOut: the generator did not run for a while, 1,000 timed-out pings may be its own doing",
        "lost: the generator did not run for a while, 1,000 lost pings may be its own doing",
        "dropped: the generator did not run for a while, 1,000 dropped pings may be its own doing",
        "opened: the generator did not run for a while, 2 that failed may be its own doing",
        "closedEarly: the generator did not run for a while, 3 of them may be its own doing",
        "errorRate: the generator did not run for a while, 3,000 failed pings may be its own doing",
        "connectErrorRate: the generator did not run for a while, 2 of them may be its own doing",
        "p99: the generator did not run for a while, 2,000 unanswered pings may be its own doing",
        "handshake.p99: the generator did not run for a while, 2 failed connections may be its own doing",
      ]
    `)
  })

  test('but does for all else that failed', () => {
    const more = { timedOut: 1_500, lost: 1_500, dropped: 1_500 }
    const result = loadResult(undefined, {
      generator: { afterSilence },
      pings: more,
      connections: connectionTotals({ requested: 10, failed: 3, closedEarly: 4 }),
    })
    const slo: SLO = { timedOut: '<= 0', lost: '<= 0', dropped: '<= 0', opened: '>= 10', closedEarly: '<= 0' }
    const verdicts = evaluateSLO(result, { ...slo, errorRate: '< 1%', p99: '< 20ms' }).objectives
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(repeated(7, 'fail'))
  })

  test('for no first attempt because of reconnects that failed then', () => {
    const late = { ...afterSilence, failed: 0, failedReconnects: 5 }
    const connections = { opened: 7, failed: 3, reconnects: 5, failedReconnects: 5 }
    const result = loadResult(undefined, { generator: { afterSilence: late }, connections })
    expect(evaluateSLO(result, { opened: '>= 10' }).objectives[0]!.verdict).toBe('fail')
    const again = { closedEarly: 5, reconnects: 5, failedReconnects: 5 }
    const reopened = loadResult(undefined, { generator: { afterSilence: late }, connections: again })
    expect(evaluateSLO(reopened, { 'handshake.max': '< 1s' }).objectives[0]!.verdict).toBe('inconclusive')
  })

  test('for reconnects that it may have caused itself', () => {
    const connections = { closedEarly: 3, reconnects: 5, failedReconnects: 2 }
    const slo = { reconnects: '<= 0', closedEarly: '<= 3' }
    const result = loadResult(undefined, { generator: { afterSilence }, connections })
    expect(evaluateSLO(result, slo).objectives[0]).toMatchObject({ measured: 5, verdict: 'inconclusive' })
    const more = { ...result, connections: { ...result.connections, reconnects: 6 } }
    expect(evaluateSLO(more, slo).objectives[0]).toMatchObject({ measured: 6, verdict: 'fail' })
  })

  test('for connections that it may have lost itself, of which no objective speaks', () => {
    const result = loadResult(undefined, { generator: { afterSilence }, connections: { closedEarly: 3 } })
    expect(evaluateSLO(result, { p99: '< 20ms' })).toMatchObject({
      verdict: 'inconclusive',
      reasons: [
        '3 of 10 connections ended before the run did; ' +
          'the generator did not run for a while, 3 of them may be its own doing',
      ],
    })
    const more = { ...result, connections: { ...result.connections, closedEarly: 4 } }
    expect(evaluateSLO(more, { p99: '< 20ms' }).verdict).toBe('fail')
  })

  test('for the end of all connections', () => {
    const all = { ...afterSilence, closedEarly: 10 }
    const gone = loadResult(undefined, {
      ended: 'disconnected',
      generator: { afterSilence: all },
      connections: { closedEarly: 10 },
    })
    const slo: SLO = { p99: '< 20ms', closedEarly: '<= 10' }
    expect(evaluateSLO(gone, slo).verdict).toBe('inconclusive')
    const blamed = { ...gone, generator: { ...gone.generator, afterSilence } }
    expect(evaluateSLO(blamed, slo).verdict).toBe('fail')
  })

  test('for a server that answered nothing any more', () => {
    const stalled = (saturated: boolean) =>
      evaluateSLO(loadResult(undefined, { ended: 'stalled', generator: { saturated } }), { p99: '< 1h' })
    expect(stalled(false)).toMatchObject({
      verdict: 'fail',
      reasons: [
        expect.stringMatching(/^nothing was answered any more when the run ended, .* into the measured window$/),
      ],
    })
    expect(stalled(true).verdict).toBe('inconclusive')
  })

  test('for a rate that it did not reach meanwhile', () => {
    const result = loadResult(undefined, { generator: { starvation: { waiting: 0.05, stopped: 0.01 } } })
    const { throughput } = result
    const limits = [`> ${throughput * 1.08}/s`, `> ${throughput * 1.03}/s`, `> ${throughput * 0.97}/s`]
    const { objectives } = evaluateSLO(result, { throughput: limits })
    expect(objectives.map(({ verdict }) => verdict)).toEqual(['fail', 'inconclusive', 'pass'])
    expect(objectives[1]!.reason).toBe(
      'throughput: the generator did not run 6 % of the time, the server may be able to do more',
    )
  })
})

describe('no vacuous pass:', () => {
  test('no connection opened', () => {
    const result = loadResult([], {
      connections: { opened: 0, failed: 10 },
      errors: { ECONNREFUSED: { count: 10, samples: ['connect ECONNREFUSED 127.0.0.1:3001'] } },
    })
    const verdict = evaluateSLO(result, everything)
    expect(verdict.verdict).toBe('inconclusive')
    expect(verdict.reasons).toEqual([
      'nothing was measured, 0 of 10 connections opened, no ping was sent',
      'ECONNREFUSED × 10 (connect ECONNREFUSED 127.0.0.1:3001)',
    ])
    expect(verdict.objectives.map((objective) => objective.verdict)).toEqual(repeated(5, 'inconclusive'))
  })

  test('nothing answered', () => {
    const verdict = evaluateSLO(loadResult([], { pings: { timedOut: 10 } }), everything)
    expect(verdict.verdict).toBe('inconclusive')
    expect(verdict.reasons).toEqual([
      'nothing was measured, 10 of 10 connections opened, none of 10 pings was answered',
    ])
  })

  test('nothing answered but by errors', () => {
    const errors = { ERROR_ANSWER: { count: 10, samples: ['out of tea'] } }
    const verdict = evaluateSLO(loadResult([], { pings: { lost: 10 }, errors }), everything)
    expect(verdict.verdict).toBe('inconclusive')
    expect(verdict.reasons).toEqual([
      'nothing was measured, 10 of 10 connections opened, none of 10 pings was answered but by an error',
      'ERROR_ANSWER × 10 (out of tea)',
    ])
  })

  test('all pings dropped', () => {
    expect(evaluateSLO(loadResult([], { pings: { dropped: 10 } }), everything)).toMatchObject({
      verdict: 'inconclusive',
    })
  })

  test('all pings coalesced', () => {
    expect(evaluateSLO(loadResult([], { pings: { answered: 0, coalesced: 10 } }), everything)).toMatchObject({
      verdict: 'inconclusive',
    })
  })

  test('a response time of which too many pings were never sent', () => {
    const result = loadResult(repeated(19_000, 2), { pings: { dropped: 1_000 } })
    const verdict = evaluateSLO(result, { p99: '< 1h' })
    expect(verdict.verdict).toBe('inconclusive')
    expect(verdict.reasons).toEqual(['p99: 1,000 of 20,000 due pings were never sent, and may have been slow'])
    expect(evaluateSLO(result, { p75: '< 3ms', 'serviceTime.p99': '< 3ms' })).toMatchObject({ verdict: 'pass' })
  })

  test('an indicator without a value', () => {
    const verdict = evaluateSLO(loadResult(undefined, { handshake: latencies([]).both }), { 'handshake.p99': '< 1h' })
    expect(verdict).toMatchObject({ verdict: 'inconclusive', reasons: ['handshake.p99: nothing was measured'] })
  })

  test.for(['throughput', 'offeredRate', 'errorRate', 'connectErrorRate'] as const)(
    'a %s that is not a number',
    (total) => {
      const bound = total.endsWith('rrorRate') ? '< 99%' : '> 0'
      const verdict = evaluateSLO(loadResult(undefined, { [total]: NaN }), { [total]: bound })
      expect(verdict).toMatchObject({ verdict: 'inconclusive', reasons: [`${total}: nothing was measured`] })
    },
  )

  test('fewer connections than requested', () => {
    const verdict = evaluateSLO(loadResult(undefined, { connections: { opened: 9, failed: 1 } }), everything)
    expect(verdict).toMatchObject({ verdict: 'fail', reasons: ['9 of 10 connections opened'] })
  })

  test('connections that ended before the run did, even if they were opened again', () => {
    const connections = { closedEarly: 12, reconnects: 12 }
    const { verdict, reasons } = evaluateSLO(loadResult(undefined, { connections }), { p99: '< 20ms' })
    expect({ verdict, reasons }).toEqual({
      verdict: 'fail',
      reasons: ['10 connections ended 12 times before the run did'],
    })
  })

  test('connections that ended before the run did', () => {
    const verdict = evaluateSLO(loadResult(undefined, { connections: { closedEarly: 2 } }), everything)
    expect(verdict).toMatchObject({ verdict: 'fail', reasons: ['2 of 10 connections ended before the run did'] })
  })

  test('unless the SLO itself says how many may', () => {
    const result = loadResult(undefined, { connections: { opened: 9, failed: 1, closedEarly: 2 } })
    expect(evaluateSLO(result, { p99: '< 20ms', opened: '>= 9', closedEarly: '<= 2' })).toMatchObject({
      verdict: 'pass',
    })
    expect(evaluateSLO(result, { p99: '< 20ms', connectErrorRate: '< 60%', closedEarly: '<= 2' })).toMatchObject({
      verdict: 'pass',
    })
  })

  test('a run that was aborted', () => {
    const result = loadResult(undefined, { ended: 'aborted', duration: 1230, pings: { lost: 100 } })
    const verdict = evaluateSLO(result, { p99: '< 1h', lost: '<= 0' })
    expect(verdict.verdict).toBe('inconclusive')
    expect(verdict.reasons).toEqual(['the run was aborted 1.23 s into the measured window'])
  })

  test('a run that was aborted in its warm-up', () => {
    const verdict = evaluateSLO(loadResult([], { ended: 'aborted', duration: 0 }), { p99: '< 1h' })
    expect(verdict).toMatchObject({ verdict: 'inconclusive', vacuous: true })
    expect(verdict.reasons).toEqual([
      'nothing was measured, 10 of 10 connections opened, the run was aborted before the measured window began',
    ])
  })

  test('a run whose connections were ended before it measured anything', () => {
    const gone = {
      ended: 'disconnected',
      connections: { closedEarly: 10 },
      errors: { CLOSE_1001: { count: 10, samples: ['going away'] } },
    } as const
    const bounded = evaluateSLO(loadResult([], { ...gone, duration: 0 }), { p99: '< 1h', closedEarly: '<= 0' })
    expect(bounded).toMatchObject({ verdict: 'fail', vacuous: true })
    expect(bounded.objectives.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'fail'])
    expect(bounded.reasons).toEqual([
      'closedEarly is 10, the limit is <= 0',
      'nothing was measured, 10 of 10 connections opened, every connection was gone before the measured window began',
      'CLOSE_1001 × 10 (going away)',
    ])
    const allowed = evaluateSLO(loadResult([], { ...gone, duration: 0 }), { closedEarly: '<= 10' })
    expect(allowed).toMatchObject({ verdict: 'fail', objectives: [{ verdict: 'pass' }] })
    const unanswered = evaluateSLO(loadResult([], { ...gone, duration: 5, pings: { lost: 10 } }), {
      p99: '< 1h',
      closedEarly: { warn: '<= 0' },
    })
    expect(unanswered).toMatchObject({ verdict: 'fail', warnings: ['closedEarly is 10, the limit is <= 0'] })
    expect(unanswered.reasons.slice(0, 2)).toEqual([
      '10 of 10 connections ended before the run did',
      'nothing was measured, 10 of 10 connections opened, none of 10 pings was answered, every connection was gone 5 ms into the measured window',
    ])
    const some = evaluateSLO(loadResult([], { connections: { closedEarly: 3 }, pings: { lost: 10 } }), { p99: '< 1h' })
    expect(some).toMatchObject({ verdict: 'fail', vacuous: true })
    expect(some.reasons).toEqual([
      '3 of 10 connections ended before the run did',
      'nothing was measured, 10 of 10 connections opened, none of 10 pings was answered',
    ])
    const { pings, connections, errors } = loadResult([], gone)
    const nobody = { ...fanOutResult(), ended: 'disconnected', duration: 0, pings, connections, errors } as const
    const ofFanOut = evaluateSLO(nobody, { 'delivery.p99': '< 1h' })
    expect(ofFanOut.verdict).toBe('fail')
    expect(ofFanOut.reasons[1]).toContain('every connection was gone before the measured window began')
    const afterSilence = {
      generator: {
        afterSilence: { timedOut: 0, lost: 0, dropped: 0, failed: 0, closedEarly: 10, failedReconnects: 0 },
      },
    }
    const silent = evaluateSLO(loadResult([], { ...gone, ...afterSilence, duration: 0 }), { p99: '< 1h' })
    expect(silent).toMatchObject({ verdict: 'inconclusive', vacuous: true })
  })

  test('a run whose connections were all gone before its end', () => {
    const result = loadResult(undefined, {
      ended: 'disconnected',
      duration: 1230,
      connections: { closedEarly: 10 },
      errors: { CLOSE_1011: { count: 10, samples: ['restarting'] } },
    })
    const verdict = evaluateSLO(result, { p99: '< 1h', closedEarly: '<= 10' })
    expect(verdict.verdict).toBe('fail')
    expect(verdict.reasons).toEqual([
      'every connection was gone 1.23 s into the measured window',
      'CLOSE_1011 × 10 (restarting)',
    ])
  })

  test('an SLO without objectives', () => {
    expect(() => evaluateSLO(loadResult(), {})).toThrow(expect.objectContaining({ code: 'WSLOAD_ERR_INVALID_SLO' }))
  })
})

test('says that answers came which were late altogether', () => {
  const run = loadResult([], { pings: { sent: 10, timedOut: 10 }, messages: { received: 7, unsolicited: 2 } })
  expect(evaluateSLO(run, { p99: '< 1s' }).reasons[0]).toBe(
    'nothing was measured, 10 of 10 connections opened, none of 10 pings was answered, 5 messages answer pings that had timed out, or those of the warm-up',
  )
})
