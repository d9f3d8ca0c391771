import { expect, test } from 'vitest'
import type { NamedRun } from '../../src/export/named-run.ts'
import { toOpenMetrics } from '../../src/export/open-metrics.ts'
import { type OTLPMetric, toOTLPMetrics } from '../../src/export/otlp-metrics.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult } from '../support/result.ts'

const runs: readonly NamedRun[] = [
  {
    name: 'pings',
    result: loadResult(undefined, { pings: { timedOut: 7, lost: 2, dropped: 1 } }),
    capacity: { over: 'rate', low: 1_900, high: Infinity },
  },
  { name: 'rooms', result: fanOutResult({ missed: 5, duplicates: 3 }) },
  { name: 'nothing', result: loadResult([]), capacity: { over: 'rate', low: 0, high: Infinity } },
  { name: 'too much', result: loadResult(), capacity: { over: 'rate', low: 0, high: 2_100 } },
]

/** As Prometheus translates names and units. @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ */
function inPrometheus({ name, unit, type }: OTLPMetric): string {
  const words = { s: '_seconds' }[unit] ?? (unit.endsWith('/s') ? '_per_second' : '')
  return `${name.replaceAll('.', '_')}${words}${type === 'counter' ? '_total' : ''}`
}

test('names, labels and values are those of the OpenMetrics text once Prometheus has them', () => {
  const lines = toOTLPMetrics(runs).flatMap((metric) =>
    metric.points.flatMap(({ attributes, value }) => {
      const labels = Object.entries(attributes).map(([label, text]) => `${label}="${text}"`)
      const name = inPrometheus(metric)
      if (typeof value === 'number') {
        return [`${name}{${labels.join(',')}} ${value === Infinity ? '+Inf' : value}`]
      }
      return [`${name}_count{${labels.join(',')}} ${value.count}`, `${name}_sum{${labels.join(',')}} ${value.sum}`]
    }),
  )
  const samples = toOpenMetrics(runs)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('_bucket'))
  expect(lines.toSorted()).toEqual(samples.toSorted())
})

test('each run is a point, from the beginning of its measured window to its end', () => {
  const result = loadResult([1, 2], { startedAt: '2026-11-23T12:00:00.250Z', duration: 1_500.5 })
  const [latency] = toOTLPMetrics([
    { name: 'a', result },
    { name: 'b', result: loadResult() },
  ])
  expect(latency!.points).toHaveLength(2)
  const start = Date.UTC(2026, 10, 23, 12, 0, 0, 250)
  expect(latency!.points[0]).toMatchObject({ attributes: { run: 'a' }, start, end: start + 1_500.5 })
})
