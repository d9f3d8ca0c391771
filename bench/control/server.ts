import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { compile } from './compile.ts'
import { startDelayingServer } from './delaying-server.ts'
import type { RunningServer } from './running-server.ts'

const binary = compile('echo-server')
let fanOutBinary: string | undefined

/** The C server where a compiler is at hand, else the one in Node, which limits fast clients. */
export const serverKind: 'C, epoll' | 'Node' = binary === undefined ? 'Node' : 'C, epoll'

/** @param delays milliseconds after which pings are answered, which they get in turn */
export async function startEchoServer(delays: readonly number[] = []): Promise<RunningServer> {
  if (binary === undefined) {
    if (delays.length > 0) return startDelayingServer(delays)
    const server = fork(join(import.meta.dirname, 'echo-server.ts'))
    const [url] = (await once(server, 'message')) as [string]
    return { url, stop: () => server.kill() }
  }
  return serve(binary, delays.map(String))
}

/**
 * An echo server of several processes, each answer of which takes so much of a processor. Needs a C compiler.
 * @param work milliseconds
 */
export async function startWorkers(workers: number, work: number): Promise<RunningServer> {
  if (binary === undefined) throw new Error('a server of several processes needs a C compiler, and there is no cc')
  return serve(binary, [], { WORKERS: String(workers), WORK: String(work) })
}

/** Passes each text on to all connections but the one that it came over. Needs a C compiler. */
export async function startFanOutServer(): Promise<RunningServer> {
  fanOutBinary ??= compile('fan-out-server')
  if (fanOutBinary === undefined) throw new Error('the server of fan-outs needs a C compiler, and there is no cc')
  return serve(fanOutBinary)
}

async function serve(
  program: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const server = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const [port] = (await once(server.stdout, 'data')) as [Buffer]
  return { url: `ws://127.0.0.1:${Number(String(port))}`, stop: () => server.kill() }
}
