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
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { type Contender, contest, costsOf, type Load, program, ratesOf } from './control/contest.ts'
import { count, median, printTable, ratio } from './control/figures.ts'
import { serverKind } from './control/server.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '8' } },
})
const length = { rounds: Number(values.rounds), seconds: Number(values.seconds) }

const ours = 'vitest-ws-load, JSON by a protocol'
const protocol = pathToFileURL(join(import.meta.dirname, 'control/json.protocol.ts')).href
const contenders: Readonly<Record<string, Contender>> = {
  [ours]: program('ws-load.ts', { protocol }),
  'ws loop with the same JSON': program('ws-json-loop.ts'),
  'vitest-ws-load, a fixed text': program('ws-load.ts', { text: JSON.stringify({ id: 1_000_000, method: 'echo' }) }),
}
const loads: readonly Load[] = [
  { connections: 64, inFlight: 1 },
  { connections: 1_000, inFlight: 1 },
  { connections: 64, inFlight: 16 },
]

for (const load of loads) {
  const outcomes = await contest(contenders, load, length)
  const ourCosts = costsOf(outcomes.get(ours)!)
  printTable(
    `${count(load.connections)} connections, ${load.inFlight} in flight each`,
    `${length.rounds} rounds of ${length.seconds} s, echo server (${serverKind}) in a process of its own.`,
    [...outcomes].map(([name, those]) => ({
      '': name,
      'pings/s': count(median(ratesOf(those))),
      'CPU µs/ping': median(costsOf(those)).toFixed(2),
      'our CPU ÷ its CPU': name === ours ? '' : ratio(ourCosts, costsOf(those)),
    })),
  )
}
