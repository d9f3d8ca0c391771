/** An application of few lines on `ws`: echoes each message. In a process of its own, which sends its URL to its parent and ends with it. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { keepOnProcessor } from './keep-on-processor.ts'
import type { RunningServer } from './running-server.ts'

/** @param processor the only one that it may use, by its number */
export async function startWsEcho(processor?: number): Promise<RunningServer> {
  const server = fork(import.meta.filename)
  keepOnProcessor(server, processor)
  const [url] = (await once(server, 'message')) as [string]
  return { url, stop: () => server.kill() }
}

if (import.meta.main) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
    process.send?.(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  server.on('connection', (socket) => {
    socket.on('message', (message, binary) => socket.send(message, { binary }))
  })
  process.on('disconnect', () => process.exit())
}
