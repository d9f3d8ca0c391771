/**
 * Does a long run stay what it was at its start?
 *
 * Unit: milliseconds of latency and megabytes of memory, a row for each tenth of one run in the open model: medians of
 * its seconds' percentiles, and the memory of the generator's process at its end. Controls: the same process before the
 * run, and the run's own second tenth.
 *
 * Run: npm run build && node bench/soak.ts [--seconds 600]
 */
import { availableParallelism } from 'node:os'
import { setTimeout as elapsed } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { LoadInterval } from '../dist/index.js'
import { parseOptions } from '../dist/options/options.js'
import { run } from '../dist/run/run.js'
import { count, median, printTable } from './control/figures.ts'
import { inMegabytes, type MemoryInUse, memoryInUse } from './control/memory-in-use.ts'
import { serverKind, startEchoServer } from './control/server.ts'

interface Tenth extends MemoryInUse {
  /** Seconds since the run began. */
  readonly from: number
  readonly to: number
  readonly rate: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const rate = 20_000
const connections = 64

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' } } })
const tenth = Math.max(1, Math.round(Number(values.seconds) / 10))

const server = await startEchoServer()
const bare = await memoryInUse()
const [result, memory] = await Promise.all([
  run(parseOptions({ url: server.url, connections, rate, duration: 10 * tenth * 1_000, warmup: 0 })),
  watchMemory(),
])
server.stop()

const { pings, intervals, generator } = result
const tenths = memory.map((then, nth) =>
  summarize(
    nth,
    intervals.filter(({ start }) => Math.floor((start + 500) / 1_000 / tenth) === nth),
    then,
  ),
)
printTable(
  'Soak',
  `${count(rate)} pings/s over ${connections} connections for ${10 * tenth} s, ${result.ended}: ${count(pings.due)} due, ` +
    `${count(pings.answered)} answered; generator ${generator.saturated ? generator.reasons.join(', ') : 'not saturated'}; ` +
    `echo server: ${serverKind}; ${availableParallelism()} cores; Node ${process.version}`,
  [
    ...tenths.map((part) => ({
      s: `${part.from}–${part.to}`,
      'sent/s': count(part.rate),
      'p50 ms': part.p50.toFixed(3),
      'p99 ms': part.p99.toFixed(3),
      'max ms': part.max.toFixed(2),
      ...inMegabytes(part),
    })),
    { s: 'control: before the run', ...inMegabytes(bare) },
    {
      s: 'last ÷ second tenth − 1',
      'p50 ms': change(({ p50 }) => p50),
      'p99 ms': change(({ p99 }) => p99),
      'RSS MB': change(({ rss }) => rss),
    },
  ],
)

/** Looks at the end of each tenth, when the load threads are still there. */
async function watchMemory(): Promise<MemoryInUse[]> {
  const started = performance.now()
  const seen: MemoryInUse[] = []
  for (let nth = 1; nth <= 10; nth++) {
    await elapsed(started + nth * tenth * 1_000 - performance.now())
    seen.push(await memoryInUse())
  }
  return seen
}

function summarize(nth: number, seconds: readonly LoadInterval[], memory: MemoryInUse): Tenth {
  const sum = (of: (second: LoadInterval) => number): number => seconds.reduce((total, second) => total + of(second), 0)
  return {
    ...memory,
    from: nth * tenth,
    to: (nth + 1) * tenth,
    rate: (sum(({ sent }) => sent) * 1_000) / sum(({ duration }) => duration),
    p50: median(seconds.map(({ p50 }) => p50)),
    p99: median(seconds.map(({ p99 }) => p99)),
    max: Math.max(...seconds.map(({ max }) => max)),
  }
}

function change(of: (tenth: Tenth) => number): string {
  const ratio = of(tenths.at(-1)!) / of(tenths[1]!)
  return (ratio - 1).toLocaleString('en-US', {
    style: 'percent',
    signDisplay: 'exceptZero',
    maximumFractionDigits: 1,
  })
}
