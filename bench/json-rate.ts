/**
 * What does a request in JSON cost that a protocol's functions make and recognise?
 *
 * Unit: microseconds of CPU per ping, of the whole process in the measured window. Control: a loop over `ws` as one would
 * write it by hand, with the same JSON.stringify and JSON.parse. A fixed text of the same size, without functions, shows
 * what these cost. All flood the same kind of server, a fresh one each time in a process of its own, in alternating rounds;
 * the table shows medians, and medians of the ratios within a round.
 *
 * Run: node bench/json-rate.ts [--rounds 5] [--seconds 8]
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { count, median, printTable, ratio } from './control/figures.ts'
import type { FloodOrder, FloodOutcome } from './control/flood.ts'
import { serverKind, startEchoServer } from './control/server.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '8' } },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)

const ours = 'vitest-ws-load, JSON by a protocol'
const protocol = pathToFileURL(join(import.meta.dirname, 'control/json.protocol.ts')).href
const contenders: Readonly<Record<string, readonly [program: string, probe?: FloodOrder['probe']]>> = {
  [ours]: ['ws-load.ts', { protocol }],
  'ws loop with the same JSON': ['ws-json-loop.ts'],
  'vitest-ws-load, a fixed text': ['ws-load.ts', { text: JSON.stringify({ id: 1_000_000, method: 'echo' }) }],
}
const loads: readonly Pick<FloodOrder, 'connections' | 'inFlight'>[] = [
  { connections: 64, inFlight: 1 },
  { connections: 1_000, inFlight: 1 },
  { connections: 64, inFlight: 16 },
]

for (const load of loads) {
  const outcomes = new Map<string, FloodOutcome[]>(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(contenders)) outcomes.get(name)!.push(await flood(name, load))
  }
  print(load, outcomes)
}

async function flood(name: string, load: Pick<FloodOrder, 'connections' | 'inFlight'>): Promise<FloodOutcome> {
  const server = await startEchoServer()
  try {
    const [program, probe] = contenders[name]!
    const order: FloodOrder = { url: server.url, seconds, ...load, ...(probe !== undefined && { probe }) }
    const file = join(import.meta.dirname, 'control', program)
    const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(order)])
    return JSON.parse(stdout) as FloodOutcome
  } finally {
    server.stop()
  }
}

function print(
  { connections, inFlight }: (typeof loads)[number],
  outcomes: ReadonlyMap<string, readonly FloodOutcome[]>,
): void {
  const rates = (name: string): number[] => outcomes.get(name)!.map(({ pings, seconds: length }) => pings / length)
  const costs = (name: string): number[] => outcomes.get(name)!.map(({ pings, flooding }) => (flooding * 1_000) / pings)
  printTable(
    `${count(connections)} connections, ${inFlight} in flight each`,
    `${rounds} rounds of ${seconds} s, echo server (${serverKind}) in a process of its own.`,
    [...outcomes.keys()].map((name) => ({
      '': name,
      'pings/s': count(median(rates(name))),
      'CPU µs/ping': median(costs(name)).toFixed(2),
      'our CPU ÷ its CPU': name === ours ? '' : ratio(costs(ours), costs(name)),
    })),
  )
}
