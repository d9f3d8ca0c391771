/**
 * How much does each of two backends take? An echo on `ws` in Node, and one on websockets in Python (Debian's python3-websockets), of a
 * few lines each: texts at a rate, until a p95 of 50 ms is surely missed.
 *
 * Run: node bench/backends.ts [--seconds 60] [--connections 100]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatLoad } from '../src/capacity/load.ts'
import { parseCapacity } from '../src/options/capacity.ts'
import { titleOfCapacity } from '../src/report/capacity.ts'
import { findCapacity } from '../src/run/capacity.ts'
import { printTable } from './control/figures.ts'
import { keepOnProcessor } from './control/keep-on-processor.ts'
import type { RunningServer } from './control/running-server.ts'
import { startWsEcho } from './control/ws-echo.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, connections: { type: 'string', default: '100' } },
})
const [seconds, connections] = [Number(values.seconds), Number(values.connections)]
const limitMs = 50
/** The one that backends may use, by its number, and the one of everything else. */
const [processor, ownProcessor] = [1, 0]

const backends: readonly (readonly [name: string, start: () => Promise<RunningServer>])[] = [
  ['`ws`, Node', () => startWsEcho(processor)],
  ['websockets, Python', startPythonEcho],
]

async function startPythonEcho(): Promise<RunningServer> {
  const program = join(import.meta.dirname, '../test/support/python_echo.py')
  const server = spawn('/usr/bin/python3', [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  keepOnProcessor(server, processor)
  const [port] = (await once(server.stdout, 'data')) as [Buffer]
  return { url: `ws://127.0.0.1:${Number(String(port))}`, stop: () => server.kill() }
}

// The load generator may not take turns with a backend on the same processor.
keepOnProcessor(process, ownProcessor)
const rows: Record<string, string>[] = []
for (const [backend, start] of backends) {
  const server = await start()
  const search = parseCapacity({
    url: server.url,
    slo: { p95: `< ${limitMs}ms` },
    connections,
    probe: { text: 'hello', answer: { echo: true } },
    maxDuration: `${seconds}s`,
  })
  const found = await findCapacity(search).finally(() => server.stop())
  console.error(titleOfCapacity(found))
  rows.push({
    backend,
    capacity: formatLoad('rate', found.rate),
    kept: formatLoad('rate', found.low),
    missed: formatLoad('rate', found.high),
    'limited by': found.limitedBy,
    loads: String(found.steps.length),
    time: `${(found.duration / 1_000).toFixed(0)} s`,
  })
}
printTable(
  'Capacities of two backends',
  `Texts over ${connections} connections, p95 < ${limitMs} ms, up to ${seconds} s each; each backend in a process of its own, on one processor, the load generator on the other.`,
  rows,
)
