/**
 * How many bytes does this package allocate per million pings?
 *
 * Unit: bytes of the load thread's heap per ping answered, and what of it is this package's per million pings. Control:
 * a bare `net` socket loop that allocates nothing itself, so that what it costs is what Node allocates for reading and
 * writing; the difference is this package's. The young generation is so large that nothing is collected meanwhile: the
 * heap grows by what is allocated. Each of them floods a fresh server in a process of its own, in alternating rounds;
 * the table shows medians.
 *
 * Run: node bench/allocation.ts [--rounds 3] [--seconds 2]
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { count, median, printTable } from './control/figures.ts'
import type { FloodOrder } from './control/flood.ts'
import type { AllocationOutcome } from './control/heap-growth.ts'
import { serverKind, startEchoServer } from './control/server.ts'

type Load = Pick<FloodOrder, 'connections' | 'inFlight'>

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '2' } },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)

const youngGeneration = ['--min-semi-space-size=1024', '--max-semi-space-size=1024']
const loads: Load[] = [
  { connections: 64, inFlight: 1 },
  { connections: 64, inFlight: 16 },
]
for (const load of loads) {
  const ours: AllocationOutcome[] = []
  const net: AllocationOutcome[] = []
  for (let round = 0; round < rounds; round++) {
    ours.push(await measure('heap-ours.ts', load))
    net.push(await measure('heap-net.ts', load))
  }
  print(load, ours, net)
}

async function measure(program: string, load: Load): Promise<AllocationOutcome> {
  const server = await startEchoServer()
  try {
    const order = JSON.stringify({ url: server.url, seconds, ...load } satisfies FloodOrder)
    const path = join(import.meta.dirname, 'control', program)
    const { stdout } = await promisify(execFile)(process.execPath, [...youngGeneration, path, order])
    return JSON.parse(stdout) as AllocationOutcome
  } finally {
    server.stop()
  }
}

function print({ connections, inFlight }: Load, ours: AllocationOutcome[], net: AllocationOutcome[]): void {
  const rows = { 'vitest-ws-load': ours, 'bare net loop': net }
  const own = median(ours.map((outcome, round) => perPing(outcome) - perPing(net[round]!)))
  printTable(
    `Allocation with ${count(connections)} connections, ${inFlight} in flight each`,
    `${rounds} rounds of ${seconds} s, echo server (${serverKind}) in a process of its own.`,
    Object.entries(rows).map(([name, outcomes]) => ({
      '': name,
      pings: count(median(outcomes.map(({ pings }) => pings))),
      collections: count(Math.max(...outcomes.map(({ collections }) => collections))),
      'bytes/ping': median(outcomes.map(perPing)).toFixed(1),
      'bytes per million pings by this package': outcomes === ours ? count(own * 1e6) : '',
    })),
  )
}

function perPing({ bytes, pings }: AllocationOutcome): number {
  return bytes / pings
}
