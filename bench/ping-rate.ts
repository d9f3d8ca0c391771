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
import { parseArgs } from 'node:util'
import { compile } from './control/compile.ts'
import { type Contender, contest, costsOf, type Load, program, ratesOf } from './control/contest.ts'
import { count, median, printTable, ratio } from './control/figures.ts'
import { serverKind } from './control/server.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '8' } },
})
/** Fewer do not tell what opening one costs: a process has to start first. */
const fewConnections = 1_000
const length = { rounds: Number(values.rounds), seconds: Number(values.seconds) }

const epollLoop = compile('epoll-loop')
const ours = 'vitest-ws-load'
const contenders: Readonly<Record<string, Contender>> = {
  [ours]: program('ws-load.ts'),
  'plain ws loop': program('ws-loop.ts'),
  'bare net loop': program('net-loop.ts'),
  ...(epollLoop !== undefined && {
    'C epoll loop': ({ url, connections, inFlight, seconds }) => [
      epollLoop,
      ...[new URL(url).port, connections, inFlight, seconds].map(String),
    ],
  }),
}
const loads: readonly Load[] = [
  { connections: 64, inFlight: 1 },
  { connections: 1_000, inFlight: 1 },
  { connections: 10_000, inFlight: 1 },
  { connections: 64, inFlight: 16 },
]

for (const load of loads) {
  const { connections, inFlight } = load
  const outcomes = await contest(contenders, load, length)
  const [ourRates, ourCosts] = [ratesOf(outcomes.get(ours)!), costsOf(outcomes.get(ours)!)]
  printTable(
    `${count(connections)} connections, ${inFlight} in flight each`,
    `${length.rounds} rounds of ${length.seconds} s, echo server (${serverKind}) in a process of its own.`,
    [...outcomes].map(([name, those]) => ({
      '': name,
      'pings/s': count(median(ratesOf(those))),
      'our rate ÷ its rate': name === ours ? '' : ratio(ourRates, ratesOf(those)),
      'CPU µs/ping': median(costsOf(those)).toFixed(2),
      'our CPU ÷ its CPU': name === ours ? '' : ratio(ourCosts, costsOf(those)),
      'CPU µs/connection':
        connections < fewConnections
          ? ''
          : count(median(those.map(({ connecting }) => (connecting * 1_000) / connections))),
    })),
  )
}
