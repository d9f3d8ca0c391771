/**
 * Is a capacity right, and how precise is it in a minute? Servers that can do just so much: workers that take a fixed time for each
 * ping, one that breaks down beyond what it can do, one that accepts so many connections. Control: what the same server answers when
 * it is asked without a pause, as most tools measure it.
 *
 * Run: node bench/capacity.ts [--runs 20] [--seconds 60] [--log FILE]
 * That takes hours: with a log, a run that was stopped goes on.
 */
import { parseArgs } from 'node:util'
import type { CapacityResult } from '../src/capacity/capacity.ts'
import { type CapacityOptions, parseCapacity } from '../src/options/capacity.ts'
import { parseOptions } from '../src/options/options.ts'
import { findCapacity } from '../src/run/capacity.ts'
import { run } from '../src/run/run.ts'
import { median, printTable } from './control/figures.ts'
import { type QueueingOptions, startQueueingServer } from './control/queueing-server.ts'
import { inRounds } from './control/rounds.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '60' },
    log: { type: 'string' },
  },
})
const [runs, seconds] = [Number(values.runs), Number(values.seconds)]
/** Longer than most of this machine's pauses: what a server can do, not when it was paused. */
const slo = { p95: '< 50ms' }
const controlMs = 3_000
/** How wide an interval may be, as a share of its lower end: a search's default. */
const precision = 0.1
/** A width that differs by less is as wide. */
const roundingError = 1e-9

interface Case {
  readonly name: string
  readonly server: QueueingOptions
  readonly capacity: number
  readonly options?: Partial<CapacityOptions>
}

const cases: readonly Case[] = [
  { name: 'one worker, 0.5 ms', server: { service: 0.5 }, capacity: 2_000 },
  { name: 'one worker, 0.1 ms', server: { service: 0.1 }, capacity: 10_000 },
  { name: 'four workers, 2 ms', server: { service: 2, workers: 4 }, capacity: 2_000 },
  // A pause of the machine must not break it down below its capacity: it would stay so.
  { name: 'one that breaks down', server: { service: 0.5, collapseAbove: 200 }, capacity: 2_000 },
  {
    name: '200 connections',
    server: { service: 0.1, mostConnections: 200 },
    capacity: 200,
    options: { over: 'connections', from: 10, to: 2_000, ratePerConnection: '2/s' },
  },
]

/** One search: a line of the log. */
interface Outcome extends Pick<CapacityResult, 'low' | 'limitedBy'> {
  readonly name: string
  /** `null` of one without an end. */
  readonly high: number | null
  readonly seconds: number
  /** What was answered of a flood without pauses, per second. */
  readonly control: number
}

async function search({ name, server: options, options: asked }: Case): Promise<Outcome> {
  const server = await startQueueingServer(options)
  try {
    const begun = performance.now()
    const given = { url: server.url, slo, maxDuration: `${seconds}s`, ...asked }
    const { low, high, limitedBy } = await findCapacity(parseCapacity(given))
    const took = (performance.now() - begun) / 1_000
    const { throughput } = await run(parseOptions({ url: server.url, inFlight: 4, duration: controlMs }))
    return { name, low, high: Number.isFinite(high) ? high : null, limitedBy, seconds: took, control: throughput }
  } finally {
    server.stop()
  }
}

const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`
const outcomes = await inRounds<Case, Outcome>(
  cases,
  { runs, log: values.log, isOf: (outcome, { name }) => outcome.name === name },
  search,
)
printTable(
  'Capacities of servers that can do just so much',
  `${runs} searches each of up to ${seconds} s, p95 < 50 ms, 10 connections; the server in a process of its own.`,
  cases.map(({ name, capacity, options }) => {
    const found = outcomes.filter((one) => one.name === name)
    const bounded = found.filter(({ low, high }) => low > 0 && high !== null)
    const widths = bounded.map(({ low, high }) => high! / low - 1)
    const isNarrow = (width: number): boolean => width <= precision + roundingError
    const isTrue = ({ low, high }: Outcome): boolean => low <= capacity && (high === null || high >= capacity)
    return {
      server: name,
      capacity: options === undefined ? `${capacity}/s` : String(capacity),
      searches: String(found.length),
      'interval holds it': String(found.filter(isTrue).length),
      'at most 10 % wide': String(widths.filter(isNarrow).length),
      'median width': widths.length === 0 ? '-' : percent(median(widths)),
      'median time': `${median(found.map((one) => one.seconds)).toFixed(1)} s`,
      'answered without pauses':
        options === undefined ? `${Math.round(median(found.map((one) => one.control)))}/s` : '-',
    }
  }),
)
