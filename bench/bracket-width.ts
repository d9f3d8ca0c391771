/**
 * How wide are the brackets around latency percentiles?
 *
 * Unit: milliseconds between what a percentile is at least and at most, and whether that is within 2 % of it or 50 µs,
 * whichever is more. Control: the server's delay is known: 0, 5 ms, or 40 ms for one ping in fifty and 5 ms for the
 * others, so a bracket that lies below it is a wrong one. Loads that keep the generator's event loop busy for more than
 * half of the time are marked: there answers wait for the generator. `preempted` counts how often a second this process
 * lost a core to others. The generator spins: it needs an idle core, or the machine is what is measured.
 *
 * Run: npm run build && node bench/bracket-width.ts [--seconds 4] [--only open]
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { parseOptions } from '../dist/options/options.js'
import { run } from '../dist/run/run.js'
import { count, printTable } from './control/figures.ts'
import { serverKind, startEchoServer } from './control/server.ts'

type Row = Record<string, string>

interface Load {
  readonly connections: number
  /** Open model: pings per second over all connections. */
  readonly rate?: number
}

const closed = [1, 64, 1_000].map((connections): Load => ({ connections }))
const open = [1_000, 10_000].flatMap((rate) => [64, 1_000].map((connections): Load => ({ connections, rate })))
const delays = { '0': [0], '5 ms': [5], mixed: [40, ...Array.from({ length: 49 }, () => 5)] }
const percentiles = [50, 90, 99] as const
const most = { share: 0.02, ms: 0.05 }
const halfLoad = 0.5
/** Milliseconds: by then the generator's code is compiled, which takes a core from the server now and then. */
const warmup = 3_000

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, only: { type: 'string', default: '' } },
})
const seconds = Number(values.seconds)

const rows: Row[] = []
for (const load of [...closed, ...open].filter((load) => describe(load).includes(values.only))) {
  for (const delay of Object.keys(delays)) rows.push(await measure(load, delay))
}
printTable(
  'How wide are the brackets?',
  `${seconds} s each after ${warmup / 1_000} s of warm-up; delaying server: ${serverKind}, in a process of its own; ${availableParallelism()} cores; ` +
    `Node ${process.version}. Milliseconds: floor … ceiling (width). Rows with * are above half load.`,
  rows,
)

async function measure(load: Load, delay: string): Promise<Row> {
  const server = await startEchoServer(delays[delay as keyof typeof delays])
  try {
    const before = process.resourceUsage().involuntaryContextSwitches
    const started = performance.now()
    const { latency, generator } = await run(
      parseOptions({ url: server.url, ...load, duration: seconds * 1_000, warmup }),
    )
    const preempted = process.resourceUsage().involuntaryContextSwitches - before
    const bounds = percentiles.map((percentile) => ({ percentile, ...latency.bounds(percentile) }))
    const wide = bounds.filter(({ floor, ceiling }) => ceiling - floor > Math.max(most.share * ceiling, most.ms))
    const busy = generator.eventLoopUtilization
    return {
      load: describe(load),
      delay,
      busy: `${(busy * 100).toFixed(0)} %${busy > halfLoad ? ' *' : ''}`,
      preempted: `${count((preempted * 1_000) / (performance.now() - started))}/s`,
      ...Object.fromEntries(
        bounds.map(({ percentile, floor, ceiling }) => [
          `p${percentile}`,
          `${floor.toFixed(3)} … ${ceiling.toFixed(3)} (${(ceiling - floor).toFixed(3)})`,
        ]),
      ),
      'within 2 % or 50 µs':
        wide.length === 0 ? 'yes' : `no: ${wide.map(({ percentile }) => `p${percentile}`).join(', ')}`,
    }
  } finally {
    server.stop()
  }
}

function describe({ connections, rate }: Load): string {
  return `${rate === undefined ? 'closed' : `open, ${count(rate)}/s`}, ${count(connections)} conn.`
}
