/**
 * What does a delivery of a fan-out cost, and a subscriber?
 *
 * Unit: microseconds of CPU per delivery, of the whole process in the measured window; at work is what this package's
 * load thread spent of it on anything but polling an idle core without a pause, which the controls do not do. Controls: a
 * loop over `ws` as one would write it by hand, and bare `net` sockets that read nothing but what the server sends here;
 * both find messages by the id in their JSON, know who has them, and record each latency. All have a server pass on the
 * same messages, a fresh one each time in a process of its own, in alternating rounds; the table shows medians, and medians
 * of the ratios within a round.
 *
 * Unit of memory: kB (1,000 bytes) of resident memory per connection, as in `memory.ts`. Control: a connection that is
 * pinged.
 *
 * Run: npm run build && node bench/fan-out-rate.ts [--rounds 5] [--seconds 6]
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { contest, program } from './control/contest.ts'
import type { FanOutOrder, FanOutOutcome } from './control/fan-out.ts'
import { count, median, printTable, ratio } from './control/figures.ts'
import type { FloodOrder } from './control/flood.ts'
import type { MemoryOutcome } from './control/resident.ts'
import { startEchoServer, startFanOutServer } from './control/server.ts'

type Load = Pick<FanOutOrder, 'subscribers' | 'rate'>

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '6' } },
})
const length = { rounds: Number(values.rounds), seconds: Number(values.seconds) }

const ours = 'vitest-ws-load'
const contenders = {
  [ours]: program('fan-out-ours.ts'),
  'ws loop': program('fan-out-ws.ts'),
  'bare net loop': program('fan-out-net.ts'),
}
const loads: readonly Load[] = [
  { subscribers: 1_000, rate: 100 },
  { subscribers: 200, rate: 20 },
  { subscribers: 1_000 },
]

for (const load of loads) {
  const outcomes = await contest<FanOutOutcome, Load>(contenders, load, length, startFanOutServer)
  const ourCosts = costsOf(outcomes.get(ours)!)
  const rate = load.rate === undefined ? 'the next message when all have the last one' : `${load.rate} messages/s`
  printTable(
    `${count(load.subscribers)} subscribers, ${rate}`,
    `${length.rounds} rounds of ${length.seconds} s, server (C, epoll) in a process of its own.`,
    [...outcomes].map(([name, those]) => ({
      '': name,
      'deliveries/s': count(median(those.map(({ deliveries, seconds }) => deliveries / seconds))),
      'missed + twice': count(Math.max(...those.map(({ missed, duplicates }) => missed + duplicates))),
      'p50 ms': median(those.map(({ p50 }) => p50)).toFixed(2),
      'p99 ms': median(those.map(({ p99 }) => p99)).toFixed(2),
      'CPU µs/delivery': median(costsOf(those)).toFixed(2),
      'at work': median(atWork(those)).toFixed(2),
      'its CPU ÷ our CPU': name === ours ? '' : ratio(costsOf(those), ourCosts),
      'its ÷ ours, at work': name === ours ? '' : ratio(atWork(those), atWork(outcomes.get(ours)!)),
    })),
  )
}

const connections = 10_000
const floods = {
  'a subscriber': { program: 'memory-fan-out.ts', start: startFanOutServer },
  'a pinged connection': { program: 'memory-ours.ts', start: startEchoServer },
}
const sizes = new Map<string, number[]>(Object.keys(floods).map((name) => [name, []]))
for (let round = 0; round < length.rounds; round++) {
  for (const [name, flood] of Object.entries(floods)) sizes.get(name)!.push(await measureMemory(flood))
}
printTable(
  `Memory of ${count(connections)} connections`,
  `${length.rounds} rounds of ${length.seconds} s; subscribers receive a message a second.`,
  [...sizes].map(([name, those]) => ({
    '': name,
    'kB/connection': median(those).toFixed(1),
    'subscriber ÷ it': name === 'a subscriber' ? '' : ratio(sizes.get('a subscriber')!, those),
  })),
)

async function measureMemory(flood: (typeof floods)[keyof typeof floods]): Promise<number> {
  const server = await flood.start()
  try {
    const { seconds } = length
    const order = JSON.stringify({ url: server.url, connections, inFlight: 1, seconds } satisfies FloodOrder)
    const path = join(import.meta.dirname, 'control', flood.program)
    const { stdout } = await promisify(execFile)(process.execPath, [path, order])
    const { one, all } = JSON.parse(stdout) as MemoryOutcome
    return (all.steady - one.steady) / connections / 1_000
  } finally {
    server.stop()
  }
}

function atWork(outcomes: readonly FanOutOutcome[]): number[] {
  return outcomes.map(({ deliveries, cpu, atWork = cpu }) => (atWork * 1_000) / deliveries)
}

function costsOf(outcomes: readonly FanOutOutcome[]): number[] {
  return outcomes.map(({ deliveries, cpu }) => (cpu * 1_000) / deliveries)
}
