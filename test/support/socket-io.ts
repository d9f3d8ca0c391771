/** Servers of Socket.IO, by the package of that name. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type ServerOptions, type Socket } from 'socket.io'
import { Server as OldestServer } from 'socket.io-3'

export interface SocketIOServer extends AsyncDisposable {
  readonly url: string
  /** Arguments of `echo`, as they came. */
  readonly echoed: unknown[][]
  /** What each socket of a namespace said of itself. */
  readonly entered: { readonly namespace: string; readonly auth: unknown; readonly query: Record<string, unknown> }[]
  /** Why sockets left. */
  readonly left: string[]
  connections(): number
}

interface Options extends Partial<ServerOptions> {
  /** @default 'newest' */
  readonly version?: 'newest' | 'oldest'
  /** What it does with each new socket. */
  readonly greet?: (socket: Socket) => void
}

export const versions = [
  ['4.8', 'newest'],
  ['3.1', 'oldest'],
] as const

/**
 * `echo` acknowledges with what it is given, `mute` never; `join` puts the socket into a room, `say` passes on to one; `kick` sends the socket away, `hang up` its connection. Into
 * `/admin` only who has the token.
 */
export async function acknowledging({ version = 'newest', greet, ...options }: Options = {}): Promise<SocketIOServer> {
  const http = createServer()
  const server = new (version === 'oldest' ? OldestServer : Server)(http, options)
  const echoed: unknown[][] = []
  const entered: SocketIOServer['entered'] = []
  const left: string[] = []
  const serve = (socket: Socket): void => {
    const { auth, query } = socket.handshake
    entered.push({ namespace: socket.nsp.name, auth, query })
    greet?.(socket)
    socket.on('echo', (...args: unknown[]) => {
      const acknowledge = args.pop() as (...args: unknown[]) => void
      echoed.push(args)
      acknowledge(...args)
    })
    socket.on('join', (room: string, acknowledge: () => void) => {
      void socket.join(room)
      acknowledge()
    })
    socket.on('say', (room: string, ...said: unknown[]) => socket.nsp.to(room).emit('said', ...said))
    socket.on('kick', () => socket.disconnect())
    socket.on('hang up', () => socket.disconnect(true))
    socket.on('disconnect', (reason) => left.push(reason))
  }
  server.on('connection', serve)
  const admin = server.of('/admin')
  admin.use((socket, next) => {
    next(
      socket.handshake.auth['token'] === 'letmein'
        ? undefined
        : new Error(`not you, ${String(socket.handshake.auth['token'])}`),
    )
  })
  admin.on('connection', serve)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    echoed,
    entered,
    left,
    connections: () => server.engine.clientsCount,
    async [Symbol.asyncDispose]() {
      await server.close()
    },
  }
}
