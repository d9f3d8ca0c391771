import { nsPerMs } from '../result/histogram.ts'
import type { LoadResult } from '../result/load-result.ts'
import { isOfServer } from '../slo/indicator.ts'
import { type Figure, figuresOf } from './figures.ts'

/** Measures that every project of Bencher has: nanoseconds, and operations per second. */
const builtIn: Readonly<Record<string, string>> = { p50: 'latency', 'delivery.p50': 'latency' }

/**
 * A run in the Bencher Metric Format: a benchmark with a measure for each figure, latencies in nanoseconds.
 * @param name of the benchmark, the same from run to run
 * @see https://bencher.dev/docs/reference/bencher-metric-format/
 */
export function toBMF(name: string, result: LoadResult): string {
  const measures = figuresOf(result).map((figure) => [measureOf(figure), metricOf(figure)] as const)
  return `${JSON.stringify({ [name]: Object.fromEntries(measures) }, undefined, 2)}\n`
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
