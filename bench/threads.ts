/**
 * Does `threads: 'auto'` take the threads that help, and no more?
 *
 * Unit: pings per second and milliseconds. Control: the same flood with 1 thread and with one thread a core, in
 * alternating rounds, beside an echo server in a process of its own that needs a core too.
 *
 * Run: node bench/threads.ts [--rounds 3] [--seconds 3]
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { parseOptions } from '../dist/options/options.js'
import { run } from '../dist/run/run.js'
import type { LoadResult } from '../dist/result/load-result.js'
import { count, median, printTable } from './control/figures.ts'
import { serverKind, startEchoServer } from './control/server.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' } },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = 256
const contenders = ['auto', 1, availableParallelism()] as const

const results = new Map<(typeof contenders)[number], LoadResult[]>(contenders.map((threads) => [threads, []]))
for (let round = 0; round < rounds; round++) {
  for (const threads of contenders) {
    const server = await startEchoServer()
    const result = await run(
      parseOptions({ url: server.url, connections, threads, duration: seconds * 1_000, warmup: 200 }),
    )
    results.get(threads)!.push(result)
    server.stop()
  }
}

printTable(
  `${count(connections)} connections, ${availableParallelism()} cores`,
  `${rounds} rounds of ${seconds} s, echo server (${serverKind}) in a process of its own.`,
  [...results].map(([threads, all]) => ({
    threads: threads === 'auto' ? `auto (${all[0]!.generator.threads})` : String(threads),
    'pings/s': count(median(all.map(({ throughput }) => throughput))),
    'p50 ms': median(all.map(({ latency }) => latency.p50)).toFixed(2),
    'p99 ms': median(all.map(({ latency }) => latency.p99)).toFixed(2),
  })),
)
