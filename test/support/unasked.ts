/** Servers that say something unasked, so that not every message of theirs answers one of a client's. */
import { DelayLine } from './delay-line.ts'
import { onRequest, serveWebSockets, type ServeOptions, type WsServer } from './ws-server.ts'

/** Sends each client a message every `ms`, and answers none. */
export function ticking(ms: number, options: ServeOptions = {}): Promise<WsServer> {
  return serveWebSockets(options, (socket) => {
    const timer = setInterval(() => socket.send('tick'), ms)
    socket.on('close', () => clearInterval(timer))
  })
}

/** Acknowledges each message at once, and echoes it after `ms`. */
export function acknowledging(ms: number, options: ServeOptions = {}): Promise<WsServer> {
  return serveWebSockets(options, (socket) => {
    const line = new DelayLine()
    onRequest(socket, (answer) => {
      socket.send('ack')
      line.hold(ms, answer)
    })
    socket.on('close', () => line.clear())
  })
}

export interface PulsingOptions extends ServeOptions {
  /** Milliseconds from one message that nobody asked for to the next. */
  readonly every: number
  /** Milliseconds until a message is echoed. @default 0 */
  readonly delay?: number
}

/** Echoes pings and messages, and sends each client a message now and then. */
export function pulsing({ every, delay = 0, ...options }: PulsingOptions): Promise<WsServer> {
  return serveWebSockets(options, (socket) => {
    const line = new DelayLine()
    onRequest(socket, (answer) => line.hold(delay, answer))
    const timer = setInterval(() => socket.send('heartbeat'), every)
    socket.on('close', () => {
      clearInterval(timer)
      line.clear()
    })
  })
}

/** Sends every message that a client sends to all clients. */
export async function broadcasting(options: ServeOptions = {}): Promise<WsServer> {
  return serveWebSockets(options, (socket, server) => {
    socket.on('message', (payload: Buffer, binary) => {
      for (const one of server.sockets) one.send(payload, { binary })
    })
  })
}

/** Sends each client one message `ms` after it has opened, and echoes. */
export function welcoming(ms: number, options: ServeOptions = {}): Promise<WsServer> {
  return serveWebSockets(options, (socket) => {
    const line = new DelayLine()
    onRequest(socket, (answer) => answer())
    line.hold(ms, () => socket.send('welcome'))
    socket.on('close', () => line.clear())
  })
}
