/** The servers whose frames `ws` writes: only what they answer, and when, is their own. */
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { WebSocketServer, type PerMessageDeflateOptions, type WebSocket } from 'ws'
import { noEvidence, seenHandshake, type Handshake, type Server } from './evidence.ts'
import { listen, type ListenOptions } from './listener.ts'

export interface ServeOptions extends ListenOptions {
  /** `true` compresses messages of every size. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions
  /** Whether `ws` answers pings itself, as it does by default. @default false */
  autoPong?: boolean
  /** Subprotocols the server speaks; without it, it agrees to the first one it is offered. */
  protocols?: readonly string[]
  /** `false` refuses with 401, a number with that status. */
  verify?: (request: IncomingMessage) => Verdict | Promise<Verdict>
}

type Verdict = boolean | number

export type WsServer = Server & {
  /** The server's ends of the open WebSockets. */
  readonly sockets: ReadonlySet<WebSocket>
}

/** Serves WebSockets; `welcome` says what becomes of each: nothing but its close frame is answered without it. */
export async function serveWebSockets(
  options: ServeOptions,
  welcome: (socket: WebSocket, server: WsServer, tcp: Socket) => void,
): Promise<WsServer> {
  const { perMessageDeflate = false, autoPong = false, protocols, verify = () => true } = options
  const evidence = noEvidence()
  const handshakes = new WeakMap<IncomingMessage, Handshake>()

  const wss = new WebSocketServer({
    noServer: true,
    autoPong,
    perMessageDeflate: perMessageDeflate === true ? { threshold: 0 } : perMessageDeflate,
    ...(protocols && { handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false }),
    verifyClient({ req }, decide) {
      const handshake = seenHandshake(req.url ?? '', req.headers, req.socket)
      evidence.handshakes.push(handshake)
      handshakes.set(req, handshake)
      const settle = (verdict: Verdict): void => {
        handshake.status = verdict === true ? 101 : verdict === false ? 401 : verdict
        decide(verdict === true, handshake.status)
      }
      const verdict = verify(req)
      if (verdict instanceof Promise) void verdict.then(settle)
      else settle(verdict)
    },
  })

  const listener = await listen((tls) => {
    const http = tls ? createHttpsServer(tls) : createHttpServer()
    http.on('tlsClientError', (error: Error) => evidence.errors.push(error))
    return http.on('upgrade', (request, tcp, head) => {
      wss.handleUpgrade(request, tcp, head, (socket) => open(socket, request, tcp as Socket))
    })
  }, options)
  const server: WsServer = Object.assign(listener, evidence, { sockets: wss.clients })

  function open(socket: WebSocket, request: IncomingMessage, tcp: Socket): void {
    const handshake = handshakes.get(request)!
    handshake.protocol = socket.protocol
    handshake.extensions = socket.extensions
    socket.on('ping', (payload) => {
      server.pings++
      server.pingSizes.push(payload.length)
    })
    socket.on('pong', () => server.pongs++)
    socket.on('message', (payload: Buffer) => {
      server.messages++
      server.messageSizes.push(payload.length)
    })
    socket.on('close', (code, reason) => server.closes.push({ code, reason: reason.toString() }))
    socket.on('error', (error) => server.errors.push(error))
    welcome(socket, server, tcp)
  }

  return server
}

/**
 * Calls `answered` for each ping and message with what would answer it properly: a pong of the same payload, a message
 * of the same payload and type.
 */
export function onRequest(socket: WebSocket, answered: (answer: () => void) => void): void {
  socket.on('ping', (payload) => answered(() => socket.pong(payload)))
  socket.on('message', (payload: Buffer, binary) => answered(() => socket.send(payload, { binary })))
}
