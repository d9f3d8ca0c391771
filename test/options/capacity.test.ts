import { describe, expect, test } from 'vitest'
import { parseCapacity, parseCapacityComparison, parseLoad, withoutAmount } from '../../src/options/capacity.ts'

const least = { url: 'ws://127.0.0.1:3001', slo: { p99: '< 20ms' } } as const

function mistakesOf(options: Record<string, unknown>): string {
  try {
    parseCapacity({ ...least, ...options })
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('a search varies the rate over its whole range if nothing else is said', () => {
  const { over, from, to, precision, ratePerConnection, maxDuration, load, objectives } = parseCapacity(least)
  expect({ over, from, to, precision, ratePerConnection, maxDuration }).toEqual({
    over: 'rate',
    from: 1,
    to: 1e6,
    precision: 0.1,
    ratePerConnection: undefined,
    maxDuration: 60_000,
  })
  expect(load).toMatchObject({ connections: 10, stages: undefined })
  expect(objectives).toMatchObject([{ indicator: 'p99', bound: '< 20ms' }])
})

test('a search for connections has a rate for each', () => {
  const options = { ...least, over: 'connections', from: 10, to: 500, ratePerConnection: '2/s' } as const
  expect(parseCapacity(options)).toMatchObject({ over: 'connections', from: 10, to: 500, ratePerConnection: 2 })
  expect(parseCapacity({ ...least, over: 'connections' })).toMatchObject({ from: 1, to: 10_000, ratePerConnection: 1 })
})

describe('a search for connections over agents', () => {
  const agents = (count: number) => ({ over: 'connections', machines: { nats: 'nats://h', agents: count } }) as const

  test('begins with one connection for each of them', () => {
    expect(parseCapacity({ ...least, ...agents(20) })).toMatchObject({ from: 20, to: 10_000 })
    expect(parseCapacity({ ...least, ...agents(20), from: 50 })).toMatchObject({ from: 50 })
  })

  test('has no load with fewer', () => {
    expect(mistakesOf({ ...agents(20), from: 5 })).toContain(
      'machines.agents: expected at most one for each of 5 connections, got 20',
    )
  })
})

test.each<[Record<string, unknown>, string]>([
  [{ slo: undefined }, "slo: expected what has to be kept, like { p99: '< 20ms' }, got nothing"],
  [{ slo: { pp99: '< 20ms' } }, 'slo: "pp99": no such indicator'],
  [{ slo: 'warn: p99 < 20ms' }, 'slo: expected a bound that can be missed, got nothing but warnings'],
  [{ from: '5k/s', to: '1k/s' }, 'from, to: expected the one to be less than the other, got "5k/s" and "1k/s"'],
  [{ from: 'many' }, 'from: expected a number per second or a text like'],
  [{ over: 'connections', from: '5/s' }, 'from: expected a whole number from 1 to 1,000,000'],
  [{ over: 'users' }, `over: expected 'rate' or 'connections', got "users"`],
  [
    { slo: { throughput: '> 400/s' }, to: '300/s' },
    'slo: throughput: expected a bound that a load of the range can meet, up to 300/s (to), got "> 400/s"',
  ],
  [{ slo: 'offeredRate > 300/s', to: '300/s' }, 'slo: offeredRate: expected a bound that a load of the range can meet'],
  [
    { slo: { throughput: '> 400/s' }, over: 'connections', to: 100, ratePerConnection: '2/s' },
    'up to 200/s (to × ratePerConnection), got "> 400/s"',
  ],
  [{ precision: 0 }, "precision: expected a ratio from 0 to 1 or a text like '0.1%', above 0, got 0"],
  [{ rate: '1k/s' }, 'rate: expected from and to instead, between which the load is varied'],
  [{ stages: [] }, 'stages: expected from and to instead'],
  [{ inFlight: 2 }, 'inFlight: expected none of it'],
  [{ duration: '5s' }, 'duration: expected maxDuration instead'],
  [{ until: 'p99 < 1s' }, 'until: expected slo instead'],
  [{ ratePerConnection: 3 }, "ratePerConnection: expected over: 'connections' with it"],
  [{ over: 'connections', connections: 9 }, 'connections: expected from and to instead'],
  [{ presicion: 1 }, 'presicion: no such option, did you mean "precision"?'],
  [{ sessionRate: '1/s' }, 'sessionRate: expected the probe { protocol } with it'],
])('%o is a mistake', (options, mistake) => {
  expect(mistakesOf(options)).toContain(`wsLoad.capacity`)
  expect(mistakesOf(options)).toContain(mistake)
})

test.each([{ fail: '>= 300/s' }, { fail: '> 200/s', warn: '> 400/s' }])(
  'a bound on throughput may be %o where the range ends at 300/s',
  (throughput) => {
    expect(mistakesOf({ slo: { throughput }, to: '300/s' })).toBe('')
  },
)

test('all mistakes are told at once', () => {
  const told = mistakesOf({ slo: { pp99: 1 }, from: 'many', precision: 0, probe: 7, ratePerConnection: 1 })
  for (const name of ['slo', 'from', 'precision', 'probe', 'ratePerConnection']) expect(told).toContain(`${name}: `)
})

test('mistakes of options together are told beside those of others', () => {
  const machines = { nats: 'nats://h', agents: 20 }
  const told = mistakesOf({ from: 'many', warmup: 'x', sessionRate: 1, machines })
  for (const name of ['from', 'warmup', 'sessionRate', 'machines.agents']) expect(told).toContain(`${name}: `)
})

test('arrivals need no rate, for a search has one', () => {
  expect(parseCapacity({ ...least, arrivals: 'poisson' }).load.arrivals).toBe('poisson')
})

describe('the defaults of floods', () => {
  const defaults = { connections: 5, rate: 10, duration: '5s', text: 'a', timeout: '1s', inFlight: 3 } as const

  test('are taken over but for the amount of the load', () => {
    expect(withoutAmount(defaults, {})).toEqual({ connections: 5, text: 'a', timeout: '1s' })
  })

  test('say nothing of connections that are varied', () => {
    expect(withoutAmount(defaults, { over: 'connections' })).toEqual({ text: 'a', timeout: '1s' })
  })
})

test.each([
  ['rate', '20k/s', 20_000],
  ['rate', 500, 500],
  ['connections', 500, 500],
  ['connections', '500', undefined],
  ['rate', 'fast', undefined],
] as const)('a load of %s may be %o', (over, given, load) => {
  expect(parseLoad(over, given)).toBe(load)
})

describe('a comparison', () => {
  const sides = { base: { url: 'ws://127.0.0.1:3001' }, head: { url: 'ws://127.0.0.1:3002' }, slo: { p99: '< 20ms' } }

  test('gives each side half of the time, and allows twice the precision', () => {
    const { base, head, search, tolerance } = parseCapacityComparison({ ...sides, precision: '5%' })
    expect([base, head]).toMatchObject([sides.base, sides.head])
    expect({ tolerance, maxDuration: search.maxDuration }).toEqual({ tolerance: 0.1, maxDuration: 60_000 })
  })

  test('may start its sides', () => {
    const base = { command: 'node server.js', url: 'ws://127.0.0.1:3001' }
    expect(parseCapacityComparison({ ...sides, base }).base).toMatchObject({ command: 'node server.js' })
  })

  test('tells all of its mistakes at once', () => {
    const wrong = {
      ...sides,
      base: {},
      head: { urll: 1 },
      url: 'ws://127.0.0.1:1',
      tolerance: '100%',
      from: 'x',
      rate: 1,
    }
    let told = ''
    try {
      parseCapacityComparison(wrong as never)
    } catch (error) {
      told = (error as Error).message
    }
    expect(told).toContain('wsLoad.compareCapacity: 7 options are wrong')
    for (const name of ['url', 'base.url', 'head.url', 'head.urll', 'tolerance', 'from', 'rate'])
      expect(told).toContain(`${name}: `)
  })
})
