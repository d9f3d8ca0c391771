/**
 * Does a load thread that polls without a pause, for answers and for when the next ping is due, take a processor that the server
 * needs? A server of two processes is flooded at a rate that leaves the load thread time to poll, and another client sees how long the
 * server takes meanwhile.
 *
 * Unit: milliseconds from when each ping of the other client was due; ratios within a round. Control: a plain `ws` loop that an
 * interval paces, and that sleeps in between.
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
import type { PacedOrder, PacedOutcome } from './control/ws-paced.ts'

interface Seen {
  /** Processors that the generator used. */
  readonly generator: number
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

const connections = 64
const workers = 2
/** Milliseconds of a processor for each answer. */
const works = [0, 0.2, 0.5, 0.75, 1]
/** From the start of a generator to that of the other client, and from the end of that to the end of the generator. */
const settlingSeconds = 1
/** Of what is due a generator has sent so much, or it was none. */
const leastSent = 0.95

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
/** What floods at a rate. */
const generators: Readonly<Record<string, string>> = {
  'vitest-ws-load': 'ws-load-paced.ts',
  'plain ws, paced (control)': 'ws-paced.ts',
}

for (const work of works) {
  const seen = new Map<string, Seen[]>(Object.keys(generators).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, file] of Object.entries(generators)) seen.get(name)!.push(await observe(file, work))
  }
  const [, control] = [...seen.values()]
  const figures = ['mean', 'p50', 'p90', 'p99'] as const
  printTable(
    `${workers} processes, ${work} ms of a processor for an answer`,
    `${rounds} rounds of ${seconds} s at ${count(rate)} pings/s over ${connections} connections; another client sends 200 pings/s, timed from when each was due; ` +
      `${availableParallelism()} cores; medians.`,
    [...seen].map(([name, outcomes]) => ({
      '': name,
      'generator, processors': median(outcomes.map((outcome) => outcome.generator)).toFixed(2),
      'pings seen a second': String(Math.round(median(outcomes.map((outcome) => outcome.count)) / seconds)),
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

async function observe(file: string, work: number): Promise<Seen> {
  const server = await startWorkers(workers, work)
  try {
    const order = { url: server.url, connections, rate, seconds: seconds + 2 * settlingSeconds } satisfies PacedOrder
    const generated = promisify(execFile)(process.execPath, [program(file), JSON.stringify(order)])
    await setTimeout(settlingSeconds * 1_000)
    const { stdout } = await promisify(execFile)(observer!, [new URL(server.url).port, String(seconds)])
    const { sent, cpu } = JSON.parse((await generated).stdout) as PacedOutcome
    const due = order.rate * order.seconds
    if (sent < leastSent * due) throw new Error(`${file} sent ${sent} of ${due} pings`)
    return { ...(JSON.parse(stdout) as Omit<Seen, 'generator'>), generator: cpu / order.seconds }
  } finally {
    server.stop()
  }
}
