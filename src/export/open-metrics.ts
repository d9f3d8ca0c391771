import type { LatencySummary } from '../result/latency-summary.ts'
import { familiesOf, type Family, type Labels, type NumberFamily } from './families.ts'
import type { NamedRun } from './named-run.ts'
import { secondsIn, upperEndsOf } from './upper-ends.ts'

/** Upper ends of buckets in seconds: 10 µs to 100 s, three to a decade. The same for all runs, so that these can be added up. */
const bounds = Array.from({ length: 7 }, (_, decade) => [1, 2, 5].map((step) => Number(`${step}e${decade - 5}`)))
  .flat()
  .concat(100)

type Sample = readonly [suffix: string, labels: Labels, value: number]

/**
 * Runs as OpenMetrics text, which Prometheus and its kin read: the label `run` of every sample is their name. Latencies are histograms of
 * the answers that came, in seconds; what became of all is counted beside them.
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function toOpenMetrics(runs: readonly NamedRun[]): string {
  return textOf([...linesOf(runs, headInOpenMetrics), '# EOF'])
}

/**
 * The same in the text format 0.0.4 of Prometheus, in which the type of a counter is that of its samples' name.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function toPrometheusText(runs: readonly NamedRun[]): string {
  return textOf(linesOf(runs, headInText))
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

function linesOf(runs: readonly NamedRun[], headOf: (name: string, family: Family) => string[]): string[] {
  const families = new Map<string, string[]>()
  for (const run of runs) {
    for (const family of familiesOf(run)) {
      const name = nameOf(family)
      const lines = families.get(name) ?? headOf(name, family)
      const samples = family.type === 'histogram' ? samplesOfHistogram(family.latency) : samplesOfNumbers(family)
      lines.push(...samples.map((sample) => format(name, { run: run.name }, sample)))
      families.set(name, lines)
    }
  }
  return [...families.values()].flat()
}

function nameOf({ name, unit }: Family): string {
  const suffix = unit === 's' ? '_seconds' : unit.endsWith('/s') ? '_per_second' : ''
  return `ws_load_${name}${suffix}`
}

function headInOpenMetrics(name: string, { type, help }: Family): string[] {
  const unit = type === 'histogram' ? [`# UNIT ${name} seconds`] : []
  return [`# TYPE ${name} ${type}`, ...unit, `# HELP ${name} ${help}`]
}

function headInText(name: string, { type, help }: Family): string[] {
  const ofSamples = `${name}${suffixOf(type)}`
  return [`# HELP ${ofSamples} ${help}`, `# TYPE ${ofSamples} ${type}`]
}

function samplesOfNumbers({ type, samples }: NumberFamily): Sample[] {
  return samples.map(([labels, value]) => [suffixOf(type), labels, value])
}

function suffixOf(type: Family['type']): string {
  return type === 'counter' ? '_total' : ''
}

function samplesOfHistogram(latency: LatencySummary): Sample[] {
  const counts = countsUpTo(latency)
  return [
    ...bounds.map((bound, nth): Sample => ['_bucket', { le: labelOf(bound) }, counts[nth]!]),
    ['_bucket', { le: '+Inf' }, latency.count],
    ['_count', {}, latency.count],
    ['_sum', {}, secondsIn(latency)],
  ]
}

/** How many samples surely took no longer than each bound. */
function countsUpTo(latency: LatencySummary): number[] {
  const counts = bounds.map(() => 0)
  let nth = 0
  for (const [seconds, count] of upperEndsOf(latency)) {
    while (nth < bounds.length && seconds > bounds[nth]!) nth++
    if (nth < bounds.length) counts[nth]! += count
  }
  for (let nth = 1; nth < counts.length; nth++) counts[nth]! += counts[nth - 1]!
  return counts
}

function format(name: string, common: Labels, [suffix, labels, value]: Sample): string {
  return `${name}${suffix}{${formatLabels({ ...common, ...labels })}} ${formatValue(value)}`
}

function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escape(value)}"`)
    .join(',')
}

function escape(text: string): string {
  return text.replaceAll(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))
}

/** Whole numbers are canonical with a point: `1.0`. */
function labelOf(bound: number): string {
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound)
}

function formatValue(value: number): string {
  return value === Infinity ? '+Inf' : String(value)
}
