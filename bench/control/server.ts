import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { compile } from './compile.ts'
import { startDelayingServer } from './delaying-server.ts'
import type { RunningServer } from './running-server.ts'

const binary = compile('echo-server')

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
  const server = spawn(binary, delays.map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = (await once(server.stdout, 'data')) as [Buffer]
  return { url: `ws://127.0.0.1:${Number(String(port))}`, stop: () => server.kill() }
}
