/**
 * A server that works: each request is JSON, which is parsed, hashed so many times, and answered by its id, after a sleep if it has
 * one. In a process of its own, which sends its URL to its parent and ends with it; or as a command, at a port of your own:
 * node bench/control/working-server.ts '{"hashes":64}' 3001
 */
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { keepOnProcessor } from './keep-on-processor.ts'
import type { RunningServer } from './running-server.ts'

/** What a server does for each request. */
export interface Work {
  readonly hashes: number
  /** Milliseconds that it waits before it answers. Default: 0. */
  readonly sleep?: number
  /** It waits before one of so many answers. Default: 1. */
  readonly sleepEvery?: number
  /** Milliseconds that it waits in a quarter of its time, in bursts of 0.15 s. Default: as always. */
  readonly sleepInBursts?: number
}

/** @param processor the only one that it may use, by its number */
export async function startWorkingServer(work: Work, processor?: number): Promise<RunningServer> {
  const server = fork(import.meta.filename, [JSON.stringify(work)])
  keepOnProcessor(server, processor)
  const [url] = (await once(server, 'message')) as [string]
  return { url, stop: () => server.kill() }
}

const burstMs = 150
const burstShare = 0.25

function serve({ hashes, sleep = 0, sleepEvery = 1, sleepInBursts = sleep }: Work, port: number): void {
  let requests = 0
  let sleepNow = sleep
  if (sleepInBursts !== sleep) {
    setInterval(() => (sleepNow = Math.random() < burstShare ? sleepInBursts : sleep), burstMs)
  }
  const server = new WebSocketServer({ host: '127.0.0.1', port }, () => {
    process.send?.(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const { id, method } = JSON.parse(String(data)) as { id: number; method: string }
      let digest = method
      for (let nth = 0; nth < hashes; nth++) digest = createHash('sha256').update(digest).digest('hex')
      const answer = JSON.stringify({ id, digest })
      if (sleep === 0 || ++requests % sleepEvery > 0) socket.send(answer)
      else setTimeout(() => socket.send(answer), sleepNow)
    })
  })
}

if (process.argv[1] === import.meta.filename) {
  process.on('disconnect', () => process.exit())
  const [, , work, port = '0'] = process.argv
  serve(JSON.parse(work!) as Work, Number(port))
}
