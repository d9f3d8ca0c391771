import { describe, expect, test } from 'vitest'
import { parseTolerance, safeParseTolerance, type Tolerance } from '../../src/gate/tolerance.ts'
import { mistakesOf } from '../../src/parsed.ts'

describe('parseTolerance', () => {
  test('reads shares of percentiles and of the mean', () => {
    expect(parseTolerance({ p50: '10%', 'p99.9': 0.5, p99_99: '200%', mean: '5 %' }).figures).toEqual([
      { indicator: 'p50', of: 'latency', percentile: 50, allowed: 0.1 },
      { indicator: 'p99.9', of: 'latency', percentile: 99.9, allowed: 0.5 },
      { indicator: 'p99_99', of: 'latency', percentile: 99.99, allowed: 2 },
      { indicator: 'mean', of: 'latency', percentile: undefined, allowed: 0.05 },
    ])
  })

  test.each([
    [{ p50: 10 }, 'p50'],
    [{ p50: '10' }, 'p50'],
    [{ mean: 1 }, 'mean'],
    [{ cpuPerPing: 5 }, 'cpuPerPing'],
    [{ errorRate: 1 }, 'errorRate'],
    [{ errorRate: '1' }, 'errorRate'],
  ])('takes no percentage without its sign for a share: %o', (given, name) => {
    expect(mistakesOf(safeParseTolerance(given, false))[0]).toMatch(new RegExp(`^${name}: .*with its sign`))
  })

  test('reads the smallest change that counts, and that of the share of failed pings', () => {
    expect(parseTolerance({ p50: 0.1, min: '1ms', errorRate: '0.5%' })).toMatchObject({ min: 1, errorRate: 0.005 })
  })

  test('reads how much more processor time an answer may take, beside the latencies', () => {
    expect(parseTolerance({ cpuPerPing: '5%' })).toMatchObject({ cpuPerPing: 0.05, figures: { length: 2 } })
    expect(mistakesOf(safeParseTolerance({ cpuPerPing: 0 }, false))).toEqual([
      "cpuPerPing: expected a share above 0 like '10%' or 0.1, with its sign from 100 % on, got 0",
    ])
    expect(mistakesOf(safeParseTolerance({ cpuPerPin: '5%' }, true))[0]).toContain('did you mean "cpuPerPing"?')
  })

  test.each<[given: Tolerance | undefined, onOneProcessor: boolean, cpuPerPing: number | undefined, optional: boolean]>(
    [
      [undefined, true, 0.05, true],
      [{ min: '1ms' }, true, 0.05, true],
      [{ p50: '10%' }, true, undefined, true],
      [{ cpuPerPing: '20%' }, true, 0.2, false],
      [undefined, false, undefined, true],
    ],
  )('of %j, on one processor: %s, judges the processor time by %s', (given, onOne, cpuPerPing, isWorkOptional) => {
    expect(safeParseTolerance(given, false, onOne)).toMatchObject({ value: { cpuPerPing, isWorkOptional } })
  })

  test('reads what undecided latencies are left to, which has to be judged itself', () => {
    expect(parseTolerance({ cpuPerPing: '5%', fallback: 'cpuPerPing' })).toMatchObject({ fallsBack: true })
    expect(mistakesOf(safeParseTolerance({ fallback: 'cpuPerPing' }, false))).toEqual([
      "fallback: expected a tolerance on cpuPerPing beside it, like cpuPerPing: '10%', got none",
    ])
    expect(mistakesOf(safeParseTolerance({ cpuPerPing: '5%', fallback: 'p50' }, false))).toEqual([
      'fallback: expected \'cpuPerPing\', got "p50"',
    ])
  })

  test('compares p50 and p99 unless figures are named', () => {
    const figures = [
      { indicator: 'p50', of: 'latency', percentile: 50, allowed: 0.04 },
      { indicator: 'p99', of: 'latency', percentile: 99, allowed: 0.25 },
    ]
    const others = { cpuPerPing: undefined, isWorkOptional: true, fallsBack: false }
    expect(parseTolerance()).toEqual({ figures, min: 0.02, errorRate: 0.01, ...others })
    expect(parseTolerance({ min: '1ms' })).toEqual({ figures, min: 1, errorRate: 0.01, ...others })
  })

  test('names every mistake', () => {
    const mistaken = {
      p50: '0%',
      p9O: '5%',
      p100: '5%',
      mean: 'much',
      min: '-1ms',
      errorRate: '200%',
      p99: '10 percent',
    }
    expect(() => parseTolerance(mistaken as never)).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: tolerance cannot be read
        p50: expected a share above 0 like '10%' or 0.1, with its sign from 100 % on, got "0%"
        p9O: no such latency figure, did you mean "p90"?; there are mean and percentiles like p50, p99.9
        p100: no such latency figure, did you mean "p50"?; there are mean and percentiles like p50, p99.9
        mean: expected a share above 0 like '10%' or 0.1, with its sign from 100 % on, got "much"
        p99: expected a share above 0 like '10%' or 0.1, with its sign from 100 % on, got "10 percent"
        min: expected milliseconds or a text like '250us', '20ms', '5s', '2m', got "-1ms"
        errorRate: expected a ratio from 0 to 1 or a text like '0.1%', with its sign for 100 %, got "200%"]
    `)
  })
})

describe('of fan-outs', () => {
  const parse = (tolerance?: Tolerance) => parseTolerance(tolerance, 'tolerance', true)

  test('names the latency that a figure is of', () => {
    expect(parse({ 'delivery.p99': '10%', 'first.mean': '5%', 'completion.p90': '100%' }).figures).toEqual([
      { indicator: 'delivery.p99', of: 'delivery', percentile: 99, allowed: 0.1 },
      { indicator: 'first.mean', of: 'first', percentile: undefined, allowed: 0.05 },
      { indicator: 'completion.p90', of: 'completion', percentile: 90, allowed: 1 },
    ])
  })

  test('compares the median of deliveries and of completions unless figures are named', () => {
    expect(parse({ min: '1ms' }).figures.map(({ indicator }) => indicator)).toEqual(['delivery.p50', 'completion.p50'])
  })

  test('is told from that of pings', () => {
    expect(() => parse({ p50: '5%' })).toThrow('p50: expected delivery.p50, first.p50 or completion.p50 of a fan-out')
    expect(() => parse({ 'delivery.p5O': '5%' })).toThrow(
      'delivery.p5O: no such latency figure, did you mean "delivery.p50"?',
    )
    expect(() => parseTolerance({ 'first.p50': '5%' })).toThrow(
      'first.p50: expected a fan-out, got pings; of these there is p50',
    )
  })
})

test.each([null, 5, '10%', ['p50']])('finds that %o is no tolerance', (value) => {
  expect(mistakesOf(safeParseTolerance(value, false))).toHaveLength(1)
})
