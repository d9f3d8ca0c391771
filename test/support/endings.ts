/** Servers that echo, and end connections in mid-run. */
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { DelayLine } from './delay-line.ts'
import { onRequest, serveWebSockets, type ServeOptions, type WsServer } from './ws-server.ts'

export interface EndingOptions extends ServeOptions {
  /** When a connection ends: with its nth answer, or so many ms after its handshake. */
  after: { answers: number } | { ms: number }
  /** Ends the first so many connections only. @default Infinity */
  only?: number
}

export type EndingServer = WsServer & {
  /** Connections that the server ended. */
  ended: number
  /** Pings and messages that were answered before. */
  answered: number
}

/** Ends with a close frame; without a code the frame has none. */
export function closing({
  code,
  reason,
  ...options
}: EndingOptions & { code?: number; reason?: string }): Promise<EndingServer> {
  return ending(options, (socket) => socket.close(code, reason))
}

/** Node 22 takes a reset that is read together with the last answer for a mere end of the stream; on a busy machine it may be. */
const resetDelayMs = 5
const isResetAnEnd = Number.parseInt(process.versions.node) < 24
/** What tells of a reset. */
export const codesOfReset: RegExp = isResetAnEnd ? /^(ECONNRESET|EPIPE|CLOSE_1006)$/ : /^(ECONNRESET|EPIPE)$/

/** Ends with a TCP reset. */
export function resetting(options: EndingOptions): Promise<EndingServer> {
  return ending(options, (_socket, server, tcp) => void setTimeout(() => server.reset(tcp), resetDelayMs))
}

/** Ends with a FIN, without a close frame. */
export function vanishing(options: EndingOptions): Promise<EndingServer> {
  return ending(options, (_socket, _server, tcp) => tcp.end())
}

/** Echoes, pings each client now and then, and ends the connection of one that has not answered for `patience` ms. */
export function impatient(patience: number, options: ServeOptions = {}): Promise<WsServer> {
  return serveWebSockets(options, (socket) => {
    onRequest(socket, (answer) => answer())
    let answeredAt = performance.now()
    socket.on('pong', () => (answeredAt = performance.now()))
    const check = setInterval(() => {
      if (performance.now() - answeredAt > patience) socket.close(1008, 'no pong')
      else socket.ping()
    }, patience / 10)
    socket.on('close', () => clearInterval(check))
  })
}

async function ending(
  { after, only = Infinity, ...options }: EndingOptions,
  end: (socket: WebSocket, server: WsServer, tcp: Socket) => void,
): Promise<EndingServer> {
  let opened = 0
  const server = await serveWebSockets(options, (socket, _, tcp) => {
    const mortal = ++opened <= only
    let answers = 0
    let over = false
    const line = new DelayLine()

    function finish(): void {
      over = true
      endings.ended++
      end(socket, server, tcp)
    }

    onRequest(socket, (answer) => {
      if (over) return
      answer()
      endings.answered++
      if (mortal && 'answers' in after && ++answers === after.answers) finish()
    })
    if (mortal && 'ms' in after) line.hold(after.ms, finish)
    socket.on('close', () => line.clear())
  })
  const endings = Object.assign(server, { ended: 0, answered: 0 })
  return endings
}
