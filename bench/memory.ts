/**
 * How much resident memory does a connection cost?
 *
 * Unit: kB (1,000 bytes) of resident memory per connection: what the whole process has more while all connections are
 * open and pinging than while one is. Control: a plain loop over `ws` that does the same work. Each of them floods a
 * fresh server in a process of its own, in alternating rounds; the table shows medians, and the median of the ratio
 * within a round. `steady` is the median of the measured window, `peak` its maximum.
 *
 * Run: node bench/memory.ts [--connections 10000] [--rounds 3] [--seconds 3]
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { checkMachineLimits } from '../dist/run/machine-limits.js'
import { count, median, printTable, ratio } from './control/figures.ts'
import type { FloodOrder } from './control/flood.ts'
import type { MemoryOutcome, Resident } from './control/resident.ts'
import { serverKind, startEchoServer } from './control/server.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
  },
})
const connections = Number(values.connections)
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
checkMachineLimits({ opened: [{ connections, url: 'ws://127.0.0.1', localAddresses: [] }], threads: 1 })

const ours = 'vitest-ws-load'
const contenders: Readonly<Record<string, string>> = { [ours]: 'memory-ours.ts', 'plain ws loop': 'memory-ws.ts' }
const outcomes = new Map<string, MemoryOutcome[]>(Object.keys(contenders).map((name) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (const [name, program] of Object.entries(contenders)) outcomes.get(name)!.push(await measure(program))
}

printTable(
  `Memory of ${count(connections)} connections`,
  `1 ping in flight each, ${rounds} rounds of ${seconds} s, echo server (${serverKind}) in a process of its own.`,
  [...outcomes].map(([name, results]) => ({
    '': name,
    'opened / failed': [opened, failed].map((total) => count(median(results.map(total)))).join(' / '),
    'MB with 1': (median(results.map(({ one }) => one.steady)) / 1e6).toFixed(1),
    'MB with all': (median(results.map(({ all }) => all.steady)) / 1e6).toFixed(1),
    'kB/connection, steady': median(costs(name, 'steady')).toFixed(1),
    'kB/connection, peak': median(costs(name, 'peak')).toFixed(1),
    'ours ÷ its, steady': name === ours ? '' : ratio(costs(ours, 'steady'), costs(name, 'steady')),
  })),
)

async function measure(program: string): Promise<MemoryOutcome> {
  const server = await startEchoServer()
  try {
    const order = JSON.stringify({ url: server.url, connections, inFlight: 1, seconds } satisfies FloodOrder)
    const path = join(import.meta.dirname, 'control', program)
    const { stdout } = await promisify(execFile)(process.execPath, [path, order])
    return JSON.parse(stdout) as MemoryOutcome
  } finally {
    server.stop()
  }
}

function costs(name: string, which: keyof Pick<Resident, 'steady' | 'peak'>): number[] {
  return outcomes.get(name)!.map(({ one, all }) => (all[which] - one[which]) / connections / 1_000)
}

function opened({ all }: MemoryOutcome): number {
  return all.opened
}

function failed({ all }: MemoryOutcome): number {
  return all.failed
}
