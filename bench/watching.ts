/**
 * What does watching cost? The same flood of the same server, watched and not, in turns: the processor time of the main thread, which
 * does the watching, and how many pings get through. The server is one process, or one of many that descend from a command.
 *
 * Run: node bench/watching.ts [--rounds 5] [--seconds 5]
 */
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { parseOptions } from '../src/options/options.ts'
import type { ServerOption } from '../src/options/server.ts'
import { run } from '../src/run/run.ts'
import { startEmbedded } from '../src/server/embedded.ts'
import { threadTimes } from '../src/system/thread-times.ts'
import { count, median, printTable, ratio } from './control/figures.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '5' } },
})
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
const load = { connections: 64, duration: `${seconds}s`, warmup: '500ms' } as const

interface Seen {
  readonly pingsPerSecond: number
  /** Share of a processor. */
  readonly mainThread: number
  readonly readings: number
  readonly processes: number
}

async function flood(url: string, server: ServerOption): Promise<Seen> {
  const before = threadTimes().running!
  const begun = performance.now()
  const result = await run(parseOptions({ ...load, url, server }))
  return {
    pingsPerSecond: result.throughput,
    mainThread: (threadTimes().running! - before) / (performance.now() - begun),
    readings: (result.server?.blocks.length ?? -1) + 1,
    processes: result.server?.processes ?? 0,
  }
}

/** Processes of Node that do nothing, with all of their threads: a shell's children, which end with it. */
function idleFamily(count: number): { readonly pid: number; readonly stop: () => void } {
  const idle = `"${process.execPath}" -e "setInterval(() => {}, 1e6)"`
  const child = spawn('sh', ['-c', `${`${idle} & `.repeat(count)} wait`], { stdio: 'ignore', detached: true })
  return { pid: child.pid!, stop: () => process.kill(-child.pid!) }
}

const target = await startEmbedded()
const family = idleFamily(20)
const cases = [
  { what: 'not watched (control)', server: false },
  { what: 'a server of one process', server: 'auto' },
  { what: 'a server of 21 processes', server: { pid: family.pid } },
] as const
const seen = cases.map((): Seen[] => [])
// They are a process group of their own, which no Ctrl-C reaches.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.once('exit', family.stop)
for (let round = 0; round < rounds; round++) {
  for (const [nth, { server }] of cases.entries()) seen[nth]!.push(await flood(target.url, server))
}
await target.stop()

const [control] = seen as [Seen[]]
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
printTable(
  'What watching costs',
  `${rounds} rounds of ${seconds} s, 64 connections; medians. The main thread of the control does nothing but wait.`,
  cases.map(({ what }, nth) => ({
    '': what,
    processes: String(Math.max(...seen[nth]!.map(({ processes }) => processes))),
    'readings a run': String(median(seen[nth]!.map(({ readings }) => readings))),
    'main thread, of one processor': percent(median(seen[nth]!.map(({ mainThread }) => mainThread))),
    'beyond the control': percent(
      median(seen[nth]!.map(({ mainThread }, round) => mainThread - control[round]!.mainThread)),
    ),
    'pings/s': count(median(seen[nth]!.map(({ pingsPerSecond }) => pingsPerSecond))),
    'pings/s ÷ control': ratio(
      seen[nth]!.map(({ pingsPerSecond }) => pingsPerSecond),
      control.map(({ pingsPerSecond }) => pingsPerSecond),
    ),
  })),
)
