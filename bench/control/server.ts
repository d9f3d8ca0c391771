import { execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server in a process of its own that answers pings and does nothing else. */
export interface EchoServer {
  readonly url: string
  stop(): void
}

let binary: string | undefined

/** The C server where a compiler is at hand, else the one in Node, which limits fast clients. */
export const serverKind: 'C, epoll' | 'Node' = compile() ? 'C, epoll' : 'Node'

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

function compile(): boolean {
  const program = join(mkdtempSync(join(tmpdir(), 'ws-load-bench-')), 'echo-server')
  try {
    execFileSync('cc', ['-O2', '-o', program, join(import.meta.dirname, 'echo-server.c')], { stdio: 'ignore' })
    binary = program
    return true
  } catch {
    return false
  }
}
