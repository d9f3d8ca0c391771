import { nsPerMs } from '../result/histogram.ts'
import { isOfServer } from '../slo/indicator.ts'
import { type Figure, figuresOf } from './figures.ts'
import type { NamedRun } from './named-run.ts'

/** Measures that every project of Bencher has: nanoseconds, and operations per second. */
const builtIn: Readonly<Record<string, string>> = { p50: 'latency', 'delivery.p50': 'latency' }

/**
 * Runs in the Bencher Metric Format: each is a benchmark with a measure for each figure, latencies in nanoseconds.
 * @see https://bencher.dev/docs/reference/bencher-metric-format/
 */
export function toBMF(runs: readonly NamedRun[]): string {
  const benchmarks = runs.map((run) => {
    const measures = figuresOf(run).map((figure) => [measureOf(figure), metricOf(figure)] as const)
    return [run.name, Object.fromEntries(measures)] as const
  })
  return `${JSON.stringify(Object.fromEntries(benchmarks), undefined, 2)}\n`
}

function metricOf({ kind, value, low, high }: Figure): object {
  const scaled = (given: number): number => (kind === 'duration' ? Math.round(given * nsPerMs) : given)
  return {
    value: scaled(value),
    ...(low < high && { lower_value: scaled(low), upper_value: scaled(high) }),
  }
}

/** A slug: `latency-p99-9`, `completion-p50`, `error-rate`. */
function measureOf({ indicator, kind }: Figure): string {
  const isPlainLatency = kind === 'duration' && !indicator.includes('.p') && !isOfServer(indicator)
  const words = builtIn[indicator] ?? (isPlainLatency ? `latency-${indicator}` : indicator)
  return words.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('.', '-')
}
