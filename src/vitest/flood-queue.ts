import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { QueueAddress } from './queue-place.ts'

/** A queue of test files that flood. */
export interface FloodQueue {
  readonly address: QueueAddress
  close(): void
}

/**
 * Opens a queue in Vitest's main process, which keeps neither it nor the process alive. A connection that says the secret is a
 * place in it, and is told when it has come to the head; whatever ends the connection, a crash or a kill, gives up the place.
 */
export async function openFloodQueue(): Promise<FloodQueue> {
  const secret = randomUUID()
  const places: Socket[] = []
  const server = createServer((socket) => {
    let said = ''
    socket.unref()
    socket.on('error', () => {})
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said === secret) {
        places.push(socket)
        if (places[0] === socket) socket.write('go')
      } else if (!secret.startsWith(said)) {
        socket.destroy()
      }
    })
    socket.on('close', () => {
      const at = places.indexOf(socket)
      if (at === -1) return
      places.splice(at, 1)
      if (at === 0) places[0]?.write('go')
    })
  })
  server.unref()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: { port, secret },
    close() {
      server.close()
      for (const socket of places) socket.destroy()
    },
  }
}
