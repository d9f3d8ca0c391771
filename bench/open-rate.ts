/**
 * Does the open model hold the rate it was asked for?
 *
 * Unit: pings per second, and how far they are from what was asked, in percent and, for a Poisson process, in standard
 * deviations of its count; how late pings left, in milliseconds. The worst second shows what a total hides: a generator
 * that falls behind and catches up when the window is over. Control: a plain `ws` loop paced by an interval of one
 * millisecond, at the same rates.
 *
 * Run: npm run build && node bench/open-rate.ts [--rates 1000,50000] [--seconds 4]
 */
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { parseOptions } from '../dist/options/options.js'
import { run } from '../dist/run/run.js'
import { count, printTable } from './control/figures.ts'
import type { RunningServer } from './control/running-server.ts'
import { serverKind, startEchoServer } from './control/server.ts'
import type { PacedOrder, PacedOutcome } from './control/ws-paced.ts'

type Row = Record<string, string>

const connections = 1_000

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '1000,10000,20000,50000' },
    seconds: { type: 'string', default: '4' },
  },
})
const rates = values.rates.split(',').map(Number)
const seconds = Number(values.seconds)

const rows: Row[] = []
for (const rate of rates) {
  for (const arrivals of ['constant', 'poisson'] as const) rows.push(await flood(rate, arrivals))
  rows.push(await pace(rate))
}
printTable(
  'Does the open model hold its rate?',
  `${count(connections)} connections, ${seconds} s each; echo server: ${serverKind}, in a process of its own; ` +
    `${availableParallelism()} cores; Node ${process.version}. Delays and latencies in ms; σ: standard deviations of the count.`,
  rows,
)

async function flood(rate: number, arrivals: 'constant' | 'poisson'): Promise<Row> {
  const { pings, duration, intervals, generator, latency } = await withServer(({ url }) =>
    run(parseOptions({ url, connections, rate, arrivals, duration: seconds * 1_000, warmup: 500 })),
  )
  const { sendDelay } = generator
  const due = (rate * duration) / 1_000
  const furthest = Math.max(...intervals.map(({ sent, duration }) => Math.abs(deviation(sent, rate, duration))))
  return {
    arrivals,
    'asked/s': count(rate),
    'sent/s': count((pings.sent * 1_000) / duration),
    deviation: percent(deviation(pings.sent, rate, duration)),
    σ: arrivals === 'poisson' ? ((pings.sent - due) / Math.sqrt(due)).toFixed(2) : '-',
    'worst second': `±${percent(furthest)}`,
    dropped: count(pings.dropped),
    'send delay p50': milliseconds(sendDelay.p50),
    p99: milliseconds(sendDelay.p99),
    'latency p50': milliseconds(latency.p50),
    'latency p99': milliseconds(latency.p99),
    busy: percent(generator.eventLoopUtilization),
    saturated: generator.saturated ? 'yes' : 'no',
  }
}

async function pace(rate: number): Promise<Row> {
  const { stdout } = await withServer(({ url }) => {
    const order = JSON.stringify({ url, connections, rate, seconds } satisfies PacedOrder)
    return promisify(execFile)(process.execPath, [join(import.meta.dirname, 'control', 'ws-paced.ts'), order])
  })
  const { sent, delay } = JSON.parse(stdout) as PacedOutcome
  return {
    arrivals: 'setInterval, plain ws',
    'asked/s': count(rate),
    'sent/s': count(sent / seconds),
    deviation: percent(deviation(sent, rate, seconds * 1_000)),
    σ: '-',
    'worst second': '-',
    dropped: '-',
    'send delay p50': milliseconds(delay.p50),
    p99: milliseconds(delay.p99),
    'latency p50': '-',
    'latency p99': '-',
    busy: '-',
    saturated: '-',
  }
}

async function withServer<T>(use: (server: RunningServer) => Promise<T>): Promise<T> {
  const server = await startEchoServer()
  try {
    return await use(server)
  } finally {
    server.stop()
  }
}

/** How far `sent` pings in `duration` ms are from `rate`, as a share of it. */
function deviation(sent: number, rate: number, duration: number): number {
  return (sent * 1_000) / duration / rate - 1
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

function milliseconds(value: number): string {
  return value.toFixed(3)
}
