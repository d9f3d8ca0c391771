/**
 * Does a load thread that polls without a pause take a processor that the server needs? A server of two processes is flooded at
 * a rate that leaves the load thread time to poll, and another client sees how long the server takes meanwhile.
 *
 * Unit: milliseconds, as the other client sees them; ratios within a round. Controls: this package where it has no processor
 * to spare, and so does not poll, and a plain `ws` loop that an interval paces.
 *
 * Run: npm run build && node bench/polling.ts [--rounds 5] [--seconds 5] [--rate 1000]
 */
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs, promisify } from 'node:util'
import { compile } from './control/compile.ts'
import { count, median, printTable, ratio } from './control/figures.ts'
import { startWorkers } from './control/server.ts'
import type { PacedOrder } from './control/ws-paced.ts'

interface Seen {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

const connections = 64
const workers = 2
/** Milliseconds of a processor for each answer. */
const works = [0, 0.2, 0.5, 1]
/** From the start of a generator to that of the other client, and from the end of that to the end of the generator. */
const settlingSeconds = 1

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '1000' },
  },
})
const [rounds, seconds, rate] = [Number(values.rounds), Number(values.seconds), Number(values.rate)]
const observer = compile('observer')
if (observer === undefined) throw new Error('the other client needs a C compiler, and there is no cc')

const program = (file: string): string => join(import.meta.dirname, 'control', file)
/** What Node is started with to flood at a rate. */
const generators: Readonly<Record<string, readonly string[]>> = {
  'vitest-ws-load': [program('ws-load-paced.ts')],
  'the same, without polling (control)': ['--import', program('one-processor.ts'), program('ws-load-paced.ts')],
  'plain ws, paced (control)': [program('ws-paced.ts')],
}

for (const work of works) {
  const seen = new Map<string, Seen[]>(Object.keys(generators).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, generator] of Object.entries(generators)) seen.get(name)!.push(await observe(generator, work))
  }
  const [, control] = [...seen.values()]
  const figures = ['mean', 'p50', 'p90', 'p99'] as const
  printTable(
    `${workers} processes, ${work} ms of a processor for an answer`,
    `${rounds} rounds of ${seconds} s at ${count(rate)} pings/s over ${connections} connections; another client sends 500 pings/s; ` +
      `${availableParallelism()} cores; medians.`,
    [...seen].map(([name, outcomes]) => ({
      '': name,
      ...Object.fromEntries(
        figures.flatMap((figure) => {
          const values = outcomes.map((outcome) => outcome[figure])
          return [
            [`${figure} ms`, median(values).toFixed(3)],
            [
              `${figure} ÷ control`,
              outcomes === control
                ? ''
                : ratio(
                    values,
                    control!.map((outcome) => outcome[figure]),
                  ),
            ],
          ]
        }),
      ),
    })),
  )
}

async function observe(generator: readonly string[], work: number): Promise<Seen> {
  const server = await startWorkers(workers, work)
  try {
    const order = { url: server.url, connections, rate, seconds: seconds + 2 * settlingSeconds } satisfies PacedOrder
    const generated = promisify(execFile)(process.execPath, [...generator, JSON.stringify(order)])
    await setTimeout(settlingSeconds * 1_000)
    const { stdout } = await promisify(execFile)(observer!, [new URL(server.url).port, String(seconds)])
    await generated
    return JSON.parse(stdout) as Seen
  } finally {
    server.stop()
  }
}
