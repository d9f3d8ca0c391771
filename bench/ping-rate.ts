/**
 * How many pings a second does one load thread send, and what does a ping cost in CPU time of the whole process?
 *
 * Unit: pings per second; microseconds of CPU per ping, of the whole process in the measured window, the summary included;
 * microseconds of CPU per connection, for opening it and, but for the controls, closing it. Controls: a
 * plain loop over `ws` that does the same work, a bare `net` socket loop that measures nothing, and an epoll loop in C
 * that shows what the kernel leaves to any client. All of them flood the same kind of server, a fresh one each time in a
 * process of its own, in alternating rounds; the table shows medians, and medians of the ratios within a round.
 *
 * Run: node bench/ping-rate.ts [--rounds 5] [--seconds 8]
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { compile } from './control/compile.ts'
import { count, median, printTable, ratio } from './control/figures.ts'
import type { FloodOrder, FloodOutcome } from './control/flood.ts'
import { serverKind, startEchoServer } from './control/server.ts'

type Load = Pick<FloodOrder, 'connections' | 'inFlight'>

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '8' } },
})
/** Fewer do not tell what opening one costs: a process has to start first. */
const fewConnections = 1_000
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)

const epollLoop = compile('epoll-loop')
const ours = 'vitest-ws-load'
const contenders: Readonly<Record<string, (order: FloodOrder) => [string, ...string[]]>> = {
  [ours]: program('ws-load.ts'),
  'plain ws loop': program('ws-loop.ts'),
  'bare net loop': program('net-loop.ts'),
  ...(epollLoop !== undefined && {
    'C epoll loop': ({ url, connections, inFlight }) =>
      [epollLoop, new URL(url).port, connections, inFlight, seconds].map(String) as [string],
  }),
}
const loads: Load[] = [
  { connections: 64, inFlight: 1 },
  { connections: 1_000, inFlight: 1 },
  { connections: 10_000, inFlight: 1 },
  { connections: 64, inFlight: 16 },
]

for (const load of loads) print(load, await compare(load))

/** Lets all contenders run in turn, `rounds` times. */
async function compare(load: Load): Promise<Map<string, FloodOutcome[]>> {
  const outcomes = new Map<string, FloodOutcome[]>(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(contenders)) outcomes.get(name)!.push(await flood(name, load))
  }
  return outcomes
}

async function flood(name: string, load: Load): Promise<FloodOutcome> {
  const server = await startEchoServer()
  try {
    const [file, ...args] = contenders[name]!({ url: server.url, seconds, ...load })
    const { stdout } = await promisify(execFile)(file, args)
    return JSON.parse(stdout) as FloodOutcome
  } finally {
    server.stop()
  }
}

function program(name: string): (order: FloodOrder) => [string, ...string[]] {
  return (order) => [process.execPath, join(import.meta.dirname, 'control', name), JSON.stringify(order)]
}

function print({ connections, inFlight }: Load, outcomes: ReadonlyMap<string, readonly FloodOutcome[]>): void {
  const rates = (name: string): number[] => outcomes.get(name)!.map(({ pings, seconds: length }) => pings / length)
  const costs = (name: string): number[] => outcomes.get(name)!.map(({ pings, flooding }) => (flooding * 1_000) / pings)
  const openings = (name: string): number[] => outcomes.get(name)!.map((one) => (one.connecting * 1_000) / connections)
  printTable(
    `${count(connections)} connections, ${inFlight} in flight each`,
    `${rounds} rounds of ${seconds} s, echo server (${serverKind}) in a process of its own.`,
    [...outcomes.keys()].map((name) => ({
      '': name,
      'pings/s': count(median(rates(name))),
      'our rate ÷ its rate': name === ours ? '' : ratio(rates(ours), rates(name)),
      'CPU µs/ping': median(costs(name)).toFixed(2),
      'our CPU ÷ its CPU': name === ours ? '' : ratio(costs(ours), costs(name)),
      'CPU µs/connection': connections < fewConnections ? '' : count(median(openings(name))),
    })),
  )
}
