/** Servers that a client does not get into. */
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { WebSocketServer } from 'ws'
import { noEvidence, seenHandshake, type Server } from './evidence.ts'
import { listen, type Listener, type ListenOptions } from './listener.ts'
import { serveWebSockets, onRequest, type ServeOptions, type WsServer } from './ws-server.ts'

/** Answers every handshake with an HTTP status, say 401, 503, or 302 with a `location`. */
export async function refusing(
  status: number,
  headers: Record<string, string> = {},
  options: ListenOptions = {},
): Promise<Server> {
  const evidence = noEvidence()
  const listener = await listen((tls) => {
    const http = tls ? createHttpsServer(tls) : createHttpServer()
    return http.on('request', (request, response) => {
      evidence.handshakes.push({ ...seenHandshake(request.url ?? '', request.headers, request.socket), status })
      response.writeHead(status, { connection: 'close', ...headers }).end()
    })
  }, options)
  return Object.assign(listener, evidence)
}

/** Repeats what it was asked with: in the status text, in a redirect, or as the reason of a close. */
export async function repeating(how: 'status text' | 'redirect' | 'close reason', encode: (text: string) => string) {
  const said = (request: IncomingMessage): string =>
    encode(request.headers.authorization ?? firstOf(new URL(request.url!, 'ws://host').searchParams))
  const firstOf = (query: URLSearchParams): string => query.get('access_token') ?? [...query.keys()][0]!
  if (how === 'close reason') {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    server.on('connection', (socket, request) => socket.close(4000, `you said ${said(request)}`))
    const { port } = server.address() as AddressInfo
    return {
      url: `ws://127.0.0.1:${port}`,
      async [Symbol.asyncDispose]() {
        server.close()
        await once(server, 'close')
      },
    }
  }
  return listen(
    () =>
      createHttpServer().on('request', (request, response) => {
        if (how === 'redirect') response.writeHead(302, { connection: 'close', location: `/to/${said(request)}/login` })
        else response.writeHead(400, `you said ${said(request)}`, { connection: 'close' })
        response.end()
      }),
    {},
  )
}

/** Echoes to `n` connections at a time, and refuses any further one with 503. */
export async function limited(n: number, options: ServeOptions = {}): Promise<WsServer> {
  const server = await serveWebSockets({ ...options, verify: () => server.sockets.size < n || 503 }, (socket) => {
    onRequest(socket, (answer) => answer())
  })
  return server
}

/** Accepts TCP connections and never answers the handshake. */
export function neverUpgrading(options: ListenOptions = {}): Promise<Listener> {
  const attend = (socket: Socket): void => void socket.on('error', () => {}).resume()
  return listen((tls) => (tls ? createTlsServer(tls, attend) : createTcpServer(attend)), options)
}

export interface DeadPort extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/**
 * A port where connections are refused. It is the local end of a connection of our own until it is disposed of, so no
 * other process can come to listen on it by chance.
 */
export async function dead(): Promise<DeadPort> {
  const listener = await listen(() => createTcpServer((socket) => void socket.on('error', () => {})), {})
  const holder = connect(listener.port, '127.0.0.1')
  await once(holder, 'connect')
  const port = holder.localPort!
  return {
    url: `ws://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      const closed = once(holder, 'close')
      holder.resetAndDestroy()
      await closed
      await listener[Symbol.asyncDispose]()
    },
  }
}
