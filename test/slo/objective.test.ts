import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WsLoadError } from '../../src/errors.ts'
import { kinds } from '../../src/slo/indicator.ts'
import { parseSLO, type SLO } from '../../src/slo/objective.ts'

function mistakesOf(slo: unknown): string {
  try {
    parseSLO(slo as SLO)
  } catch (error) {
    if (error instanceof WsLoadError && error.code === 'WSLOAD_ERR_INVALID_SLO') return error.message
    throw error
  }
  throw new Error('the SLO was accepted')
}

test('reads one bound per indicator, in the units of its kind', () => {
  expect(parseSLO({ p99: '< 20ms', errorRate: '<=0.1%', throughput: ' >  5k/s ', opened: '>= 100' })).toEqual([
    { indicator: 'p99', kind: 'duration', comparison: '<', limit: 20, bound: '< 20ms', level: 'fail' },
    { indicator: 'errorRate', kind: 'ratio', comparison: '<=', limit: 0.001, bound: '<= 0.1%', level: 'fail' },
    { indicator: 'throughput', kind: 'rate', comparison: '>', limit: 5000, bound: '> 5k/s', level: 'fail' },
    { indicator: 'opened', kind: 'count', comparison: '>=', limit: 100, bound: '>= 100', level: 'fail' },
  ])
})

test('reads several bounds of one indicator', () => {
  expect(parseSLO({ p99: ['< 20ms', '<= 1s'] }).map(({ limit }) => limit)).toEqual([20, 1000])
})

test('reads objectives from text', () => {
  expect(parseSLO('p99.9 < 80ms')).toEqual(parseSLO({ 'p99.9': '< 80ms' }))
  expect(parseSLO(['throughput>5k/s', ' warn : p99 <= 20ms over any 10s '])).toEqual(
    parseSLO({ throughput: '> 5k/s', p99: { warn: '<= 20ms over any 10s' } }),
  )
})

test('reads what only warns, alone or beside what fails', () => {
  const levels = (slo: SLO) => parseSLO(slo).map(({ level, bound }) => [level, bound])
  expect(levels({ p99: { warn: '< 15ms', fail: ['< 20ms', '< 30ms'] } })).toEqual([
    ['warn', '< 15ms'],
    ['fail', '< 20ms'],
    ['fail', '< 30ms'],
  ])
  expect(levels({ p99: ['< 20ms', { warn: '< 15ms' }] })).toEqual([
    ['fail', '< 20ms'],
    ['warn', '< 15ms'],
  ])
})

test('reads stretches in milliseconds', () => {
  expect(
    parseSLO({ p99: '< 30ms over any 10s', errorRate: '< 1% over any 2m', throughput: '> 5k/s over any 1s' }),
  ).toEqual([
    expect.objectContaining({ limit: 30, window: 10_000, bound: '< 30ms over any 10s' }),
    expect.objectContaining({ limit: 0.01, window: 120_000 }),
    expect.objectContaining({ limit: 5_000, window: 1_000 }),
  ])
})

test.for([
  'min',
  'mean',
  'max',
  'p50',
  'p99',
  'p99.9',
  'p99_9',
  'p99.99',
  'p1',
  'p97.5',
  'serviceTime.p99',
  'serviceTime.p99_9',
  'handshake.max',
  'handshake.mean',
])('takes %s as a latency', (indicator) => {
  expect(parseSLO({ [indicator]: '< 5ms' })).toMatchObject([{ indicator, kind: 'duration', limit: 5 }])
})

test('types complete the indicators and refuse unknown ones', () => {
  const slo = { p99: '< 20ms', 'p97.5': '< 10ms', 'handshake.p99_9': ['< 1s'], lost: '<= 0' } satisfies SLO
  expect(parseSLO(slo)).toHaveLength(4)
  // @ts-expect-error there is no such indicator
  const misspelt: SLO = { errorrate: '< 0.1%' }
  expect(mistakesOf(misspelt)).toContain('errorRate')
})

test('reads back every limit as it is printed', () => {
  const ranges = { duration: [1e-6, 1e7], ratio: [1e-4, 0.99], rate: [0.001, 1e9], count: [1, 999] } as const
  const threeDigits = (value: number) => Number(value.toPrecision(3))
  for (const [kind, indicator, comparison] of [
    ['duration', 'p99', '<'],
    ['ratio', 'errorRate', '<'],
    ['rate', 'throughput', '>'],
    ['count', 'lost', '<'],
  ] as const) {
    const [min, max] = ranges[kind]
    const value = kind === 'count' ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true }).map(threeDigits)
    fc.assert(
      fc.property(value, (limit) => {
        const [objective] = parseSLO({ [indicator]: `${comparison} ${kinds[kind].format(limit)}` })
        expect(objective!.limit / limit).toBeCloseTo(1, 2)
      }),
    )
  }
})

describe('a mistake is refused:', () => {
  test('an empty SLO', () => {
    expect(mistakesOf({})).toMatchInlineSnapshot(`
      "the SLO cannot be read
        expected { p99: '< 20ms' } or 'p99 < 20ms', got an object ()"
    `)
  })

  test.for([null, undefined, [], 20])('%j instead of an SLO', (slo) => {
    expect(mistakesOf(slo)).toContain("expected { p99: '< 20ms' } or 'p99 < 20ms', got ")
  })

  test.for(['', '< 20ms', ['p99 < 20ms', 7], [{ p99: '< 20ms' }]])('%j, which is no objective', (slo) => {
    expect(mistakesOf(slo)).toContain("expected a text like 'p99 < 20ms', got ")
  })

  test('nothing but warnings', () => {
    expect(mistakesOf({ p99: { warn: '< 20ms' } })).toContain('expected a bound that can be missed')
  })

  test.for([{}, { warning: '< 20ms' }, { warn: '< 1ms', p99: '< 20ms' }])('%j instead of { warn, fail }', (bound) => {
    expect(mistakesOf({ p99: bound })).toContain('p99: expected a bound, or { warn, fail } with one each, got ')
  })

  test.for(['max', 'serviceTime.p99', 'handshake.p50', 'lost', 'connectErrorRate'])(
    'a stretch of %s, which has none',
    (indicator) => {
      const limit = { lost: '5', connectErrorRate: '5%' }[indicator] ?? '5ms'
      expect(mistakesOf({ [indicator]: `< ${limit} over any 10s` })).toContain('expected no stretch')
    },
  )

  test.for(['10', 'any', '-1s', '999ms', '2000h', '1k/s'])('a stretch of %s', (length) => {
    expect(mistakesOf({ p99: `< 5ms over any ${length}` })).toContain("from 1 s to a day, after 'over any'")
  })

  test('an unknown indicator, with what exists and the nearest', () => {
    expect(mistakesOf({ errorrate: '< 1%' })).toMatchInlineSnapshot(`
      "the SLO cannot be read
        "errorrate": no such indicator, did you mean "errorRate"?
        indicators are min, mean, max and percentiles like p50, p99, p99.9 of latency, the same after serviceTime., handshake. and session., of a fan-out after delivery., first. and completion., and errorRate, connectErrorRate, throughput, offeredRate, timedOut, lost, dropped, opened, closedEarly, reconnects, server.cpuPerPing, server.cores, server.rss, server.rssGrowth, reach, missed, duplicates, outOfOrder, misrouted, refused"
    `)
  })

  test('p999, which could be two things', () => {
    expect(mistakesOf({ p999: '< 1ms' })).toContain('did you mean "p99.9"?')
  })

  test.for([
    'p0',
    'p100',
    'p',
    'p-1',
    'P99',
    'latency.p99',
    'handshake',
    'handshake.errorRate',
    '__proto__x',
    'toString',
  ])('the indicator %s', (indicator) => {
    expect(mistakesOf({ [indicator]: '< 1ms' })).toContain('no such indicator')
  })

  test.for(['20ms', '', '= 20ms', '== 20ms', '=< 20ms', 20, null, undefined, [['< 20ms']]])(
    '%j, a bound without comparison',
    (bound) => {
      expect(mistakesOf({ p99: bound })).toContain("p99: expected a comparison and a limit like '< 20ms', got ")
    },
  )

  test('no bounds in a list', () => {
    expect(mistakesOf({ p99: [] })).toContain('p99: expected a bound, got an empty list')
  })

  test('a lower bound on what is better low', () => {
    expect(mistakesOf({ p99: '> 20ms' })).toMatchInlineSnapshot(`
      "the SLO cannot be read
        p99: expected < or <= (lower is better), got "> 20ms""
    `)
  })

  test('an upper bound on what is better high', () => {
    expect(mistakesOf({ throughput: '< 5k/s' })).toContain('throughput: expected > or >= (higher is better)')
  })

  test('a limit of another unit', () => {
    expect(mistakesOf({ p99: '< 20%', errorRate: '< 5ms', throughput: '> 5ms', lost: '< 1%' })).toMatchInlineSnapshot(`
      "the SLO cannot be read
        p99: expected milliseconds or a text like '250us', '20ms', '5s', '2m' after <, got "< 20%"
        errorRate: expected a ratio from 0 to 1 or a text like '0.1%' after <, got "< 5ms"
        throughput: expected a number per second or a text like '500/s', '5k/s', '300k/m' after >, got "> 5ms"
        lost: expected a whole number after <, got "< 1%""
    `)
  })

  test.for([{ p99: '< 0ms' }, { p99: '< -1ms' }, { p99: '<= -1ms' }, { errorRate: '< 0%' }, { lost: '< 0' }])(
    '%j, which no run can meet',
    (slo) => {
      expect(mistakesOf(slo)).toContain('a bound that a run can meet')
    },
  )

  test.for([{ throughput: '>= 0/s' }, { opened: '>= 0' }])('%j, which every run meets', (slo) => {
    expect(mistakesOf(slo)).toContain('a bound that a run can miss')
  })

  test('an error rate of 1, meant as 1 %', () => {
    expect(mistakesOf({ errorRate: '< 1' })).toContain("with its sign, like '< 1%'")
  })

  test('all of them at once', () => {
    expect(mistakesOf({ p99: '20ms', eror: '< 1%', lost: ['< 1', '> 2'] })).toMatchInlineSnapshot(`
      "the SLO cannot be read
        p99: expected a comparison and a limit like '< 20ms', got "20ms"
        "eror": no such indicator
        lost: expected < or <= (lower is better), got "> 2"
        indicators are min, mean, max and percentiles like p50, p99, p99.9 of latency, the same after serviceTime., handshake. and session., of a fan-out after delivery., first. and completion., and errorRate, connectErrorRate, throughput, offeredRate, timedOut, lost, dropped, opened, closedEarly, reconnects, server.cpuPerPing, server.cores, server.rss, server.rssGrowth, reach, missed, duplicates, outOfOrder, misrouted, refused"
    `)
  })
})
