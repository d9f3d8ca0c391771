import { nsPerMs } from '../result/histogram.ts'
import type { LatencySummary } from '../result/latency-summary.ts'
import type { ConnectionTotals, PingTotals } from '../result/load-result.ts'
import type { ExportedCapacity, NamedRun } from './named-run.ts'

const msPerSecond = 1_000
/** Upper ends of buckets in seconds: 10 µs to 100 s, three to a decade. The same for all runs, so that these can be added up. */
const bounds = Array.from({ length: 7 }, (_, decade) => [1, 2, 5].map((step) => Number(`${step}e${decade - 5}`)))
  .flat()
  .concat(100)

/** A family of metrics, and its samples: suffix, labels, value. */
interface Family {
  readonly name: string
  readonly type: 'histogram' | 'counter' | 'gauge'
  readonly unit?: 'seconds'
  readonly help: string
  readonly samples: readonly (readonly [suffix: string, labels: Labels, value: number])[]
}
type Labels = Readonly<Record<string, string>>

/**
 * Runs as OpenMetrics text, which Prometheus and its kin read: the label `run` of every sample is their name. Latencies are histograms of
 * the answers that came, in seconds; what became of all is counted beside them.
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function toOpenMetrics(runs: readonly NamedRun[]): string {
  const families = new Map<string, string[]>()
  for (const run of runs) {
    for (const family of familiesOf(run)) {
      const lines = families.get(family.name) ?? headOf(family)
      lines.push(...samplesOf(family, { run: run.name }))
      families.set(family.name, lines)
    }
  }
  return `${[...[...families.values()].flat(), '# EOF'].join('\n')}\n`
}

function familiesOf({ result, capacity }: NamedRun): Family[] {
  const { fanOut, latency, pings, connections, throughput, offeredRate } = result
  const rates: Family = {
    name: 'ws_load_samples_per_second',
    type: 'gauge',
    help: 'What was sent, and what of it was answered.',
    samples: [
      ['', { what: 'sent' }, offeredRate],
      ['', { what: 'answered' }, throughput],
    ],
  }
  const sockets = connectionsOf(connections)
  const searched = capacity === undefined ? [] : [capacityOf(capacity)]
  if (fanOut === undefined) {
    return [
      latencyOf('latency', 'From when a ping was due to its answer.', latency),
      totalsOf('pings', pings),
      rates,
      sockets,
      ...searched,
    ]
  }
  const { first, completion, duplicates, outOfOrder, misrouted, refused } = fanOut
  return [
    latencyOf('delivery', 'From when a message was due until a subscriber had it.', latency),
    latencyOf('first', 'Until the first subscriber had it.', first.latency),
    latencyOf('completion', 'Until the last subscriber had it.', completion.latency),
    totalsOf('deliveries', pings),
    totalsOf('messages', completion.pings),
    {
      name: 'ws_load_irregular_deliveries',
      type: 'counter',
      help: 'Deliveries that came twice, behind a later message, or to another room.',
      samples: Object.entries({ duplicate: duplicates, out_of_order: outOfOrder, misrouted }).map(([what, count]) => [
        '_total',
        { what },
        count,
      ]),
    },
    {
      name: 'ws_load_refused_messages',
      type: 'counter',
      help: 'Messages whose publisher the server answered with an error.',
      samples: [['_total', {}, refused]],
    },
    rates,
    sockets,
  ]
}

function latencyOf(what: string, help: string, summary: LatencySummary): Family {
  const counts = countsUpTo(summary)
  return {
    name: `ws_load_${what}_seconds`,
    type: 'histogram',
    unit: 'seconds',
    help,
    samples: [
      ...bounds.map((bound, nth) => ['_bucket', { le: labelOf(bound) }, counts[nth]!] as const),
      ['_bucket', { le: '+Inf' }, summary.count],
      ['_count', {}, summary.count],
      ['_sum', {}, summary.count === 0 ? 0 : (summary.mean * summary.count) / msPerSecond],
    ],
  }
}

/** How many samples surely took no longer than each bound. */
function countsUpTo({ histogram }: LatencySummary): number[] {
  const counts = bounds.map(() => 0)
  for (let index = 0, nth = 0; index < histogram.countsArrayLength; index++) {
    const count = histogram.getCountAtIndex(index)
    if (count === 0) continue
    const seconds = histogram.highestEquivalentValue(histogram.valueFromIndex(index)) / nsPerMs / msPerSecond
    while (nth < bounds.length && seconds > bounds[nth]!) nth++
    if (nth < bounds.length) counts[nth]! += count
  }
  for (let nth = 1; nth < counts.length; nth++) counts[nth]! += counts[nth - 1]!
  return counts
}

function totalsOf(what: string, { answered, coalesced, timedOut, lost, dropped }: PingTotals): Family {
  const outcomes = { answered, coalesced, timed_out: timedOut, lost, dropped }
  return {
    name: `ws_load_${what}`,
    type: 'counter',
    help: 'What became of those that were due.',
    samples: Object.entries(outcomes).map(([outcome, count]) => ['_total', { outcome }, count]),
  }
}

function connectionsOf({ requested, opened, failed, closedEarly }: ConnectionTotals): Family {
  return {
    name: 'ws_load_connections',
    type: 'gauge',
    help: 'Connections that were asked for, and what became of them.',
    samples: Object.entries({ requested, opened, failed, closed_early: closedEarly }).map(([state, count]) => [
      '',
      { state },
      count,
    ]),
  }
}

function capacityOf({ over, low, high }: ExportedCapacity): Family {
  return {
    name: 'ws_load_capacity',
    type: 'gauge',
    help: 'The highest load that was surely kept, and the lowest that was surely missed: pings per second, or connections.',
    samples: Object.entries({ kept: low, missed: high }).map(([end, load]) => ['', { over, end }, load]),
  }
}

function headOf({ name, type, unit, help }: Family): string[] {
  const unitLine = unit === undefined ? [] : [`# UNIT ${name} ${unit}`]
  return [`# TYPE ${name} ${type}`, ...unitLine, `# HELP ${name} ${help}`]
}

function samplesOf({ name, samples }: Family, common: Labels): string[] {
  return samples.map(
    ([suffix, labels, value]) => `${name}${suffix}{${formatLabels({ ...common, ...labels })}} ${formatValue(value)}`,
  )
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
