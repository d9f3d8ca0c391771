import type { LatencySummary } from '../result/latency-summary.ts'
import type { ConnectionTotals, PingTotals } from '../result/load-result.ts'
import type { ExportedCapacity, NamedRun } from './named-run.ts'

/** Metrics of a run that are of one kind, as every tool for metrics has them. */
export type Family = HistogramFamily | NumberFamily

interface Named {
  /** Without what a format puts before it or behind it: `latency`. */
  readonly name: string
  readonly help: string
}

/** Latencies. */
export interface HistogramFamily extends Named {
  readonly type: 'histogram'
  readonly unit: 's'
  readonly latency: LatencySummary
}

/** Totals of the run, or what was so in it. */
export interface NumberFamily extends Named {
  readonly type: 'counter' | 'gauge'
  /**
   * As OpenTelemetry writes it: in braces what is counted.
   * @see https://ucum.org/ucum#section-Curly-Braces
   */
  readonly unit: `{${string}}` | `{${string}}/s`
  readonly samples: readonly (readonly [labels: Labels, value: number])[]
}

export type Labels = Readonly<Record<string, string>>

/** What tools for metrics are given of a run: latencies of the answers that came, and what became of all. */
export function familiesOf({ result, capacity }: NamedRun): Family[] {
  const { fanOut, latency, pings, connections, throughput, offeredRate } = result
  const rates: Family = {
    name: 'samples',
    type: 'gauge',
    unit: '{sample}/s',
    help: 'What was sent, and what of it was answered.',
    samples: [
      [{ what: 'sent' }, offeredRate],
      [{ what: 'answered' }, throughput],
    ],
  }
  const sockets = connectionsOf(connections)
  const searched = capacity === undefined ? [] : capacityOf(capacity)
  if (fanOut === undefined) {
    return [
      latencyOf('latency', 'From when a ping was due to its answer.', latency),
      totalsOf('pings', '{ping}', pings),
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
    totalsOf('deliveries', '{delivery}', pings),
    totalsOf('messages', '{message}', completion.pings),
    {
      name: 'irregular_deliveries',
      type: 'counter',
      unit: '{delivery}',
      help: 'Deliveries that came twice, behind a later message, or to another room.',
      samples: labelled('what', { duplicate: duplicates, out_of_order: outOfOrder, misrouted }),
    },
    {
      name: 'refused_messages',
      type: 'counter',
      unit: '{message}',
      help: 'Messages whose publisher the server answered with an error.',
      samples: [[{}, refused]],
    },
    rates,
    sockets,
  ]
}

function latencyOf(name: string, help: string, latency: LatencySummary): Family {
  return { name, type: 'histogram', unit: 's', help, latency }
}

function totalsOf(
  name: string,
  unit: NumberFamily['unit'],
  { answered, coalesced, timedOut, lost, dropped }: PingTotals,
): Family {
  return {
    name,
    type: 'counter',
    unit,
    help: 'What became of those that were due.',
    samples: labelled('outcome', { answered, coalesced, timed_out: timedOut, lost, dropped }),
  }
}

function connectionsOf({ requested, opened, failed, closedEarly }: ConnectionTotals): Family {
  return {
    name: 'connections',
    type: 'gauge',
    unit: '{connection}',
    help: 'Connections that were asked for, and what became of them.',
    samples: labelled('state', { requested, opened, failed, closed_early: closedEarly }),
  }
}

/** What is known of it: none kept is no load of 0, and without one that was kept `+Inf` would tell nothing. */
function capacityOf({ over, low, high }: ExportedCapacity): Family[] {
  const ends = { ...(low > 0 && { kept: low }), ...((low > 0 || high < Infinity) && { missed: high }) }
  const samples = Object.entries(ends).map(([end, load]) => [{ over, end }, load] as const)
  if (samples.length === 0) return []
  return [
    {
      name: 'capacity',
      type: 'gauge',
      unit: '{load}',
      help: 'The highest load that was surely kept, and the lowest that was surely missed: pings per second, or connections.',
      samples,
    },
  ]
}

function labelled(label: string, values: Readonly<Record<string, number>>): NumberFamily['samples'] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value])
}
