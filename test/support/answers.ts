/** Servers that speak the protocol well and differ in what they answer, and when. */
import type { WebSocket } from 'ws'
import { DelayLine } from './delay-line.ts'
import { onRequest, serveWebSockets, type ServeOptions, type WsServer } from './ws-server.ts'

/** Answers every ping, and every message with the same message. */
export function echoing(options: ServeOptions = {}): Promise<WsServer> {
  return serveWebSockets(options, echo)
}

/** A `WebSocketServer` as `ws` configures it: it answers pings itself, and ends a connection with too many unanswered. */
export function automatic(): Promise<WsServer> {
  return serveWebSockets({ autoPong: true }, () => {})
}

export interface DelayingOptions extends ServeOptions {
  /** Lets an answer overtake an earlier one of its connection whose delay is longer. */
  unordered?: boolean
}

export type DelayingServer = WsServer & {
  /** How long each answer was really held, in ms, in order of answering: never less than asked for. */
  readonly heldMs: number[]
}

/** Answers after a delay; `n` counts the pings and messages of all connections, from 1. */
export async function delaying(
  delay: number | ((n: number) => number),
  options: DelayingOptions = {},
): Promise<DelayingServer> {
  const heldMs: number[] = []
  let n = 0
  const server = await serveWebSockets(options, (socket) => {
    const line = new DelayLine()
    onRequest(socket, (answer) => {
      const from = performance.now()
      const ms = typeof delay === 'number' ? delay : delay(++n)
      const held = options.unordered ? new DelayLine() : line
      held.hold(ms, () => {
        // Before it is written: whoever waits for it may read it before the next line runs.
        heldMs.push(performance.now() - from)
        answer()
      })
    })
    socket.on('close', () => line.clear())
  })
  return Object.assign(server, { heldMs })
}

export interface StallingOptions extends ServeOptions {
  /** From the first handshake to the first stall, and from the beginning of one stall to that of the next; ms. */
  every: number
  /** How long a stall lasts, in ms. */
  for: number
  /** How many stalls there are. @default Infinity */
  times?: number
}

export type StallingServer = WsServer & {
  /** Stalls that are over, as `performance.now()` of the server's thread. */
  readonly stalls: { readonly from: number; readonly to: number }[]
}

/** Echoes, but now and then reads nothing for a while, handshakes included; then it answers all that has queued. */
export async function stalling(options: StallingOptions): Promise<StallingServer> {
  const { every, for: lasting, times = Infinity, verify = () => true } = options
  const stalls: { from: number; to: number }[] = []
  const line = new DelayLine()
  let over: Promise<void> | undefined
  let begun = false

  const server = await serveWebSockets(
    {
      ...options,
      verify: async (request) => {
        await over
        return verify(request)
      },
    },
    (socket) => {
      echo(socket)
      if (!begun) line.hold(every, stall)
      begun = true
    },
  )
  server.disposal.addEventListener('abort', () => line.clear())

  function stall(): void {
    const from = performance.now()
    for (const socket of server.sockets) socket.pause()
    let release = (): void => {}
    over = new Promise((resolve) => {
      release = resolve
    })
    line.hold(lasting, () => {
      for (const socket of server.sockets) socket.resume()
      over = undefined
      release()
      stalls.push({ from, to: performance.now() })
      if (stalls.length < times) line.hold(Math.max(0, from + every - performance.now()), stall)
    })
  }

  return Object.assign(server, { stalls })
}

/** Reads everything and answers nothing but the close frame. */
export function silent(options: ServeOptions = {}): Promise<WsServer> {
  return serveWebSockets(options, () => {})
}

/** Reads nothing after the handshake: buffers fill up, and a close frame is never answered. */
export function deaf(options: ServeOptions = {}): Promise<WsServer> {
  return serveWebSockets(options, (socket) => socket.pause())
}

export type CoalescingServer = WsServer & {
  /** Pongs sent; the other pings were settled by a pong to a newer one. */
  pongsSent: number
}

/** Collects the pings of a connection for `ms` and answers only the newest, as RFC 6455 section 5.5.3 allows; echoes messages. */
export async function coalescing(ms: number, options: ServeOptions = {}): Promise<CoalescingServer> {
  const server = await serveWebSockets(options, (socket) => {
    let timer: NodeJS.Timeout | undefined
    let newest: Buffer
    socket.on('ping', (payload) => {
      newest = payload
      timer ??= setTimeout(() => {
        timer = undefined
        coalesced.pongsSent++
        socket.pong(newest)
      }, ms)
    })
    socket.on('message', (payload: Buffer, binary) => socket.send(payload, { binary }))
    socket.on('close', () => clearTimeout(timer))
  })
  const coalesced = Object.assign(server, { pongsSent: 0 })
  return coalesced
}

export type LosingServer = WsServer & {
  /** Pings and messages that were left unanswered. */
  lost: number
}

/** Answers all but each nth ping or message, counted over all connections. */
export async function losing({ every, ...options }: ServeOptions & { every: number }): Promise<LosingServer> {
  let n = 0
  const server = await serveWebSockets(options, (socket) => {
    onRequest(socket, (answer) => {
      if (++n % every === 0) losses.lost++
      else answer()
    })
  })
  const losses = Object.assign(server, { lost: 0 })
  return losses
}

/** Answers pings, and leaves messages to `handler`, which may send any number of answers at any time. */
export function answering(
  handler: (message: string | Buffer, send: (answer: string | Buffer) => void) => void,
  options: ServeOptions = {},
): Promise<WsServer> {
  return serveWebSockets(options, (socket) => {
    socket.on('ping', (payload) => socket.pong(payload))
    socket.on('message', (payload: Buffer, binary) => {
      handler(binary ? payload : payload.toString(), (answer) => socket.send(answer))
    })
  })
}

/** Echoes, and every `ms` sends each client a ping of its own and a pong that nobody asked for. */
export function heartbeating(ms: number, options: ServeOptions = {}): Promise<WsServer> {
  return serveWebSockets(options, (socket) => {
    echo(socket)
    const timer = setInterval(() => {
      socket.pong()
      socket.ping('heartbeat')
    }, ms)
    socket.on('close', () => clearInterval(timer))
  })
}

function echo(socket: WebSocket): void {
  onRequest(socket, (answer) => answer())
}
