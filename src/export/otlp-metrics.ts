import { type ExponentialHistogram, toExponential } from './exponential-histogram.ts'
import { familiesOf, type Family, type Labels } from './families.ts'
import type { NamedRun } from './named-run.ts'

/** A metric of OpenTelemetry, as data that can be sent to a thread. */
export type OTLPMetric = Described &
  (
    | { readonly type: 'histogram'; readonly points: readonly Point<ExponentialHistogram>[] }
    | { readonly type: 'counter' | 'gauge'; readonly points: readonly Point<number>[] }
  )

interface Described {
  readonly name: string
  readonly description: string
  readonly unit: string
}

/** What was found of one run. */
export interface Point<Value> {
  /** The measured window of the run, in milliseconds since 1970. */
  readonly start: number
  readonly end: number
  readonly attributes: Labels
  readonly value: Value
}

/**
 * Runs as metrics of OpenTelemetry, one point for each: the attribute `run` is its name. Names and units are such that Prometheus makes
 * those of OpenMetrics of them: `ws_load.latency` in `s` is its `ws_load_latency_seconds`.
 * @see https://opentelemetry.io/docs/specs/semconv/general/metrics/
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus
 */
export function toOTLPMetrics(runs: readonly NamedRun[]): OTLPMetric[] {
  const metrics = new Map<string, OTLPMetric>()
  for (const run of runs) {
    for (const metric of familiesOf(run).map((family) => metricOf(family, run))) {
      const before = metrics.get(metric.name)
      const points = [...(before?.points ?? []), ...metric.points]
      metrics.set(metric.name, { ...metric, points } as OTLPMetric)
    }
  }
  return [...metrics.values()]
}

function metricOf(family: Family, { name: run, result }: NamedRun): OTLPMetric {
  const { name, help, unit } = family
  const described = { name: `ws_load.${name}`, description: help, unit }
  const start = Date.parse(result.startedAt)
  const window = { start, end: start + result.duration }
  if (family.type === 'histogram') {
    const value = toExponential(family.latency)
    return { ...described, type: 'histogram', points: [{ ...window, attributes: { run }, value }] }
  }
  const points = family.samples.map(([labels, value]) => ({ ...window, attributes: { run, ...labels }, value }))
  return { ...described, type: family.type, points }
}
