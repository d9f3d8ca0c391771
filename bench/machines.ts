/**
 * What does one coordinator hold?
 *
 * Two tables. `measured`: runs over many small agents, all on this machine, one connection each, over a NATS server that counts
 * bytes. Unit of messages: kB (1,000 bytes) on the wire for each agent: `told` are plans and orders, `heard` is all that agents say,
 * reports and signs of life. `besides` is what a run takes beyond its warm-up and its window: agents found, connections opened, clocks
 * agreed, reports added up. Control: the same connections from this process alone.
 *
 * `projected`: a report of one busy thread, as it is on the wire, taken so many times as machines of eight threads would send; unpacking
 * and adding up are measured here, the time on the wire is its bytes at 1 Gbit/s. Connections cost a coordinator nothing: it holds
 * none, and a report is as large whether a thread has one connection or 6,250. `MB of numbers` is what its histograms and slices
 * span, of which a system only gives what is not zero.
 *
 * Run: node bench/machines.ts [--agents 10,50] [--seconds 5]
 * It needs nats-server.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pack, Unpacker } from '../dist/machines/parcels.js'
import { parseOptions } from '../dist/options/options.js'
import { planThreads } from '../dist/run/plan.js'
import { run } from '../dist/run/run.js'
import { summarize } from '../dist/run/summarize.js'
import { LoadThreads } from '../dist/run/threads.js'
import { count, printTable } from './control/figures.ts'
import { freePort } from './control/free-port.ts'
import { startEchoServer } from './control/server.ts'

const { values } = parseArgs({
  options: { agents: { type: 'string', default: '10,50' }, seconds: { type: 'string', default: '5' } },
})
const seconds = Number(values.seconds)
const program = join(import.meta.dirname, '../dist/cli/main.js')
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
/** Of a machine that is projected. */
const threadsOfMachine = 8
const gigabitBytesPerMs = 1e9 / 8 / 1_000
const mostBytes = 512 * 1_024

interface Measured {
  readonly besides: number
  readonly answered: number
  readonly clock?: number
  readonly told?: number
  readonly heard?: number
}

const server = await startEchoServer()
try {
  const rows: Record<string, string>[] = []
  for (const agents of values.agents.split(',').map(Number)) {
    rows.push(row(`${agents} agents`, await overAgents(agents), agents))
    rows.push(row(`${agents} connections, no agents`, await timed({ connections: agents }), agents))
  }
  printTable(
    'One coordinator, measured',
    `One connection an agent, 2 pings a second each, ${seconds} s, all on this machine.`,
    rows,
  )
  const report = await oneReport()
  printTable(
    'One coordinator, projected',
    `A report of one thread, 64 connections at 2k/s for ${seconds} s, is ${kB(packedBytes(report))} kB; so many of them, from machines of ${threadsOfMachine} threads.`,
    [1, 10, 100].map((machines) => projected(report, machines)),
  )
} finally {
  server.stop()
}

function row(
  name: string,
  { besides, answered, clock, told, heard }: Measured,
  agents: number,
): Record<string, string> {
  return {
    '': name,
    answered: count(answered),
    'besides, s': (besides / 1_000).toFixed(2),
    'told, kB/agent': told === undefined ? '' : kB(told / agents),
    'heard, kB/agent': heard === undefined ? '' : kB(heard / agents),
    'widest clock, ms': clock === undefined ? '' : clock.toFixed(2),
  }
}

async function overAgents(agents: number): Promise<Measured> {
  const [port, monitor] = [await freePort(), await freePort()]
  const nats = spawn('nats-server', ['--addr', '127.0.0.1', '--port', String(port), '--http_port', String(monitor)], {
    stdio: 'ignore',
  })
  const waiting: ChildProcess[] = []
  try {
    const url = `nats://127.0.0.1:${port}`
    for (let nth = 0; nth < agents; nth++) waiting.push(await startAgent(url, `agent-${nth}`))
    const measured = await timed({ connections: agents, machines: { nats: url, agents, wait: '60s' } })
    return { ...measured, ...(await bytesOfCoordinator(monitor)) }
  } finally {
    const ended = [nats, ...waiting].map(async (child) => {
      if (child.exitCode === null && child.kill()) await once(child, 'exit')
    })
    await Promise.all(ended)
  }
}

async function timed(options: Parameters<typeof parseOptions>[0]): Promise<Measured> {
  const rate = 2 * options.connections!
  const all = { url: server.url, rate, warmup: 0, duration: seconds * 1_000, threads: 1, ...options }
  const began = performance.now()
  const { pings, duration, machines } = await run(parseOptions(all))
  return {
    besides: performance.now() - began - duration,
    answered: pings.answered,
    ...(machines !== undefined && { clock: Math.max(...machines.map(({ clockUncertainty = 0 }) => clockUncertainty)) }),
  }
}

async function startAgent(url: string, name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, 'agent', '--nats', url, '--name', name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(child.stdout)) if (line.startsWith('waits')) break
  child.stdout.resume()
  return child
}

/** What the connection of the coordinator has carried, which is over. */
async function bytesOfCoordinator(monitor: number): Promise<Pick<Measured, 'told' | 'heard'>> {
  await sleep(200)
  const answer = await fetch(`http://127.0.0.1:${monitor}/connz?state=closed`)
  const { connections } = (await answer.json()) as {
    connections: { name?: string; in_bytes: number; out_bytes: number }[]
  }
  const coordinator = connections.find(({ name }) => name === 'ws-load')!
  return { told: coordinator.in_bytes, heard: coordinator.out_bytes }
}

async function oneReport() {
  const load = { connections: 64, rate: 2_000, warmup: 0, duration: seconds * 1_000, threads: 1 }
  const threads = new LoadThreads([planThreads(parseOptions(load), server.url)])
  try {
    await threads.connected()
    threads.start()
    return (await threads.done())[0]![0]!
  } finally {
    await threads.terminate()
  }
}

type Report = Awaited<ReturnType<typeof oneReport>>

function packedBytes(report: Report): number {
  return pack([[report]], 0, mostBytes).reduce((sum, { length }) => sum + length, 0)
}

function projected(report: Report, machines: number): Record<string, string> {
  const ofMachine = pack([Array.from({ length: threadsOfMachine }, () => structuredClone(report))], 0, mostBytes)
  const bytes = machines * ofMachine.reduce((sum, { length }) => sum + length, 0)
  collectGarbage()
  const { arrayBuffers: before } = process.memoryUsage()
  const began = performance.now()
  const reports = Array.from({ length: machines }).flatMap((_, nth) => unpacked(ofMachine, `agent-${nth}`))
  const unpackedAt = performance.now()
  const { pings } = summarize(reports, parseOptions({ connections: 64, rate: 2_000 }), new Date())
  const ended = performance.now()
  collectGarbage()
  const { arrayBuffers: after } = process.memoryUsage()
  if (pings.answered !== machines * threadsOfMachine * report.recording.pings.answered)
    throw new Error('it does not add up')
  return {
    machines: String(machines),
    reports: String(reports.length),
    'MB on the wire': (bytes / 1e6).toFixed(1),
    'ms at 1 Gbit/s': (bytes / gigabitBytesPerMs).toFixed(0),
    'ms to unpack': (unpackedAt - began).toFixed(0),
    'ms to add up': (ended - unpackedAt).toFixed(0),
    'MB of numbers': ((after - before) / 1e6).toFixed(0),
  }
}

function unpacked(parcels: readonly Uint8Array[], agent: string): Report[] {
  const unpacker = new Unpacker()
  const [received] = parcels.flatMap((parcel) => unpacker.take(parcel) ?? [])
  return (received!.message as Report[][])[0]!.map((report) => ({ ...report, agent }))
}

/** What is freed by the first is given back by the second. */
function collectGarbage(): void {
  gc()
  gc()
}

function kB(bytes: number): string {
  return (bytes / 1_000).toFixed(1)
}
