import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { compile } from './compile.ts'

/** A server in a process of its own that answers pings and does nothing else. */
export interface EchoServer {
  readonly url: string
  stop(): void
}

const binary = compile('echo-server')

/** The C server where a compiler is at hand, else the one in Node, which limits fast clients. */
export const serverKind: 'C, epoll' | 'Node' = binary === undefined ? 'Node' : 'C, epoll'

export async function startEchoServer(): Promise<EchoServer> {
  if (binary === undefined) {
    const server = fork(join(import.meta.dirname, 'echo-server.ts'))
    const [url] = (await once(server, 'message')) as [string]
    return { url, stop: () => server.kill() }
  }
  const server = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = (await once(server.stdout, 'data')) as [Buffer]
  return { url: `ws://127.0.0.1:${Number(String(port))}`, stop: () => server.kill() }
}
