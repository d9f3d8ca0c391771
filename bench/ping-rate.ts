/**
 * How many pings a second does one load thread send, and what does a ping cost in CPU time of the whole process?
 *
 * Unit: pings per second, and microseconds of CPU per ping. Controls: a plain loop over `ws` that does the same work,
 * and a bare `net` socket loop that measures nothing. All of them flood the same kind of server, a fresh one each time
 * in a process of its own, in alternating rounds; the table shows medians and ratios of the same rounds.
 *
 * Run: npm run bench
 */
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { FloodOrder, FloodOutcome } from './control/flood.ts'
import { serverKind, startEchoServer } from './control/server.ts'

const contenders = { 'vitest-ws-load': 'ws-load.ts', 'plain ws loop': 'ws-loop.ts', 'bare net loop': 'net-loop.ts' }
const cases = [
  { connections: 64, inFlight: 1 },
  { connections: 1_000, inFlight: 1 },
  { connections: 64, inFlight: 16 },
]

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '4' } },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)

console.log(
  `echo server: ${serverKind}, in a process of its own; ${availableParallelism()} cores; Node ${process.version}`,
)
for (const load of cases) print(load, await compare(load))

/** Lets all contenders run in turn, `rounds` times. */
async function compare(load: Pick<FloodOrder, 'connections' | 'inFlight'>): Promise<Map<string, FloodOutcome[]>> {
  const outcomes = new Map<string, FloodOutcome[]>(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, program] of Object.entries(contenders)) outcomes.get(name)!.push(await flood(program, load))
  }
  return outcomes
}

async function flood(program: string, load: Pick<FloodOrder, 'connections' | 'inFlight'>): Promise<FloodOutcome> {
  const server = await startEchoServer()
  try {
    const order = JSON.stringify({ url: server.url, seconds, ...load } satisfies FloodOrder)
    const path = join(import.meta.dirname, 'control', program)
    const { stdout } = await promisify(execFile)(process.execPath, [path, order])
    return JSON.parse(stdout) as FloodOutcome
  } finally {
    server.stop()
  }
}

function print(
  { connections, inFlight }: Pick<FloodOrder, 'connections' | 'inFlight'>,
  outcomes: Map<string, FloodOutcome[]>,
): void {
  const rates = (name: string): number[] => outcomes.get(name)!.map(({ pings, seconds }) => pings / seconds)
  const costs = (name: string): number[] => outcomes.get(name)!.map(({ pings, cpu }) => (cpu * 1_000) / pings)
  const ours = 'vitest-ws-load'
  console.log(
    `\n${connections.toLocaleString('en-US')} connections, ${inFlight} in flight each, ${rounds} rounds of ${seconds} s`,
  )
  console.table(
    Object.fromEntries(
      [...outcomes.keys()].map((name) => [
        name,
        {
          'pings/s': Math.round(median(rates(name))).toLocaleString('en-US'),
          'our rate ÷ its rate': ratio(rates(ours), rates(name)),
          'CPU µs/ping': median(costs(name)).toFixed(2),
          'our CPU ÷ its CPU': ratio(costs(ours), costs(name)),
        },
      ]),
    ),
  )
}

/** Median over rounds of the ratio within a round, and its range. */
function ratio(ours: readonly number[], theirs: readonly number[]): string {
  const ratios = ours.map((value, round) => value / theirs[round]!)
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)})`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
