import { expect, test } from 'vitest'
import { toOpenMetrics, toPrometheusText } from '../../src/export/open-metrics.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult } from '../support/result.ts'

/** Samples by name and labels. */
function read(text: string): Map<string, number> {
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    samples.map((line) => {
      const [, sample, value] = /^(\w+\{.*\}) (\S+)$/.exec(line)!
      return [sample!, Number(value)]
    }),
  )
}

test('latencies are a histogram in seconds, whose buckets add up', () => {
  const text = toOpenMetrics([{ name: 'gateway', result: loadResult() }])
  const samples = read(text)
  const bucket = (le: string): number => samples.get(`ws_load_latency_seconds_bucket{run="gateway",le="${le}"}`)!
  expect([bucket('0.001'), bucket('0.005'), bucket('0.01'), bucket('0.02'), bucket('+Inf')]).toEqual([
    0, 19_200, 19_200, 20_000, 20_000,
  ])
  expect(samples.get('ws_load_latency_seconds_count{run="gateway"}')).toBe(20_000)
  expect(samples.get('ws_load_latency_seconds_sum{run="gateway"}')).toBeCloseTo(19_200 * 0.002 + 800 * 0.018, 0)
  const counts = [...samples].filter(([name]) => name.includes('_bucket')).map(([, count]) => count)
  expect(counts).toEqual(counts.toSorted((one, other) => one - other))
})

test('a text has each family once, with its type, and an end', () => {
  for (const text of [
    toOpenMetrics([{ name: 'a', result: loadResult() }]),
    toOpenMetrics([{ name: 'b', result: fanOutResult() }]),
  ]) {
    const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, family]) => family!)
    expect(new Set(families).size).toBe(families.length)
    const names = [...read(text).keys()].map((sample) => sample.replace(/(?:_bucket|_count|_sum|_total)?\{.*/, ''))
    expect(new Set(names)).toEqual(new Set(families))
    expect(text).toMatch(/\n# EOF\n$/)
  }
})

test('what became of pings and connections is counted', () => {
  const samples = read(
    toOpenMetrics([
      { name: 'gateway', result: loadResult(undefined, { pings: { timedOut: 7, lost: 2, dropped: 1 } }) },
    ]),
  )
  const pings = (outcome: string): number => samples.get(`ws_load_pings_total{run="gateway",outcome="${outcome}"}`)!
  expect(['answered', 'timed_out', 'lost', 'dropped'].map(pings)).toEqual([20_000, 7, 2, 1])
  expect(samples.get('ws_load_connections{run="gateway",state="opened"}')).toBe(10)
})

test('a fan-out has deliveries and messages', () => {
  const samples = read(toOpenMetrics([{ name: 'rooms', result: fanOutResult({ missed: 5, duplicates: 3 }) }]))
  expect(samples.get('ws_load_delivery_seconds_count{run="rooms"}')).toBe(19_995)
  expect(samples.get('ws_load_completion_seconds_count{run="rooms"}')).toBe(195)
  expect(samples.get('ws_load_messages_total{run="rooms",outcome="timed_out"}')).toBe(5)
  expect(samples.get('ws_load_irregular_deliveries_total{run="rooms",what="duplicate"}')).toBe(3)
})

test('a name is escaped', () => {
  expect(toOpenMetrics([{ name: 'a "b"\\\n', result: loadResult() }])).toContain(
    '{run="a \\"b\\"\\\\\\n",state="opened"}',
  )
})

test('several runs share the families, each under its name', () => {
  const text = toOpenMetrics([
    { name: 'pings', result: loadResult() },
    { name: 'rooms', result: fanOutResult() },
    { name: 'more pings', result: loadResult() },
  ])
  const families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, family]) => family!)
  expect(new Set(families).size).toBe(families.length)
  // All samples of a family stand together.
  const inOrder = [...text.matchAll(/^(ws_load_\w+?)(?:_bucket|_count|_sum|_total)?\{/gm)].map(([, family]) => family!)
  expect(inOrder.filter((family, nth) => family !== inOrder[nth - 1])).toEqual(families)
  const runs = [...text.matchAll(/^ws_load_latency_seconds_count\{run="(.*?)"/gm)].map(([, run]) => run)
  expect(runs).toEqual(['pings', 'more pings'])
})

test('a capacity has what was kept and what was missed', () => {
  const capacity = { over: 'rate', low: 1_900, high: Infinity } as const
  const text = toOpenMetrics([{ name: 'gateway', result: loadResult(), capacity }])
  expect(text).toContain('ws_load_capacity{run="gateway",over="rate",end="kept"} 1900\n')
  expect(text).toContain('ws_load_capacity{run="gateway",over="rate",end="missed"} +Inf\n')
})

test('a capacity of which nothing was kept has what was missed alone', () => {
  const capacity = { over: 'rate', low: 0, high: 2_100 } as const
  const text = toOpenMetrics([{ name: 'gateway', result: loadResult(), capacity }])
  expect(text.split('\n').filter((line) => line.startsWith('ws_load_capacity'))).toEqual([
    'ws_load_capacity{run="gateway",over="rate",end="missed"} 2100',
  ])
})

test('a capacity of which nothing is known is left out', () => {
  const capacity = { over: 'rate', low: 0, high: Infinity } as const
  const text = toOpenMetrics([{ name: 'gateway', result: loadResult(), capacity }])
  expect(text).not.toContain('ws_load_capacity')
})

test('the older text of Prometheus has the type of each counter under the name of its samples', () => {
  const text = toPrometheusText([{ name: 'a', result: loadResult() }])
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]))
  expect(types.get('ws_load_pings_total')).toBe('counter')
  expect(types.get('ws_load_latency_seconds')).toBe('histogram')
  const named = [...read(text).keys()].map((sample) => sample.replace(/(?:_bucket|_count|_sum)?\{.*/, ''))
  expect(new Set(named)).toEqual(new Set(types.keys()))
  expect(read(text)).toEqual(read(toOpenMetrics([{ name: 'a', result: loadResult() }])))
  expect(text).not.toMatch(/# (?:EOF|UNIT)/)
})
