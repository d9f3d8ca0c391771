/** Aedes, an MQTT 3.1.1 broker of npm, over `ws`. */
import { once } from 'node:events'
import { setTimeout } from 'node:timers'
import { Aedes, type AuthenticateError, type Client } from 'aedes'
import { createWebSocketStream, type WebSocket } from 'ws'
import { serveWebSockets, type ServeOptions, type WsServer } from './ws-server.ts'

export interface AedesOptions extends ServeOptions {
  /** The only user, whose password is `secret`. @default everybody may connect */
  readonly user?: string
  /** Whether nobody may subscribe to anything. @default false */
  readonly noSubscribers?: boolean
  /** Ends a client's connection when it publishes for the nth time. @default never */
  readonly closesAfter?: number
  /** Holds back what answers a PUBLISH, in ms. @default 0 */
  readonly answersAfter?: number
  /** What a WebSocket message of it has: each of its writes, a byte, or all packets that leave at once. @default 'a write' */
  readonly sends?: 'a write' | 'a byte' | 'packets'
}

export type AedesServer = WsServer & {
  /** Ids of the clients, in the order in which they logged in. */
  readonly clients: string[]
  /** User names of those who wanted to. */
  readonly users: (string | undefined)[]
  readonly published: { readonly topic: string; readonly payload: string }[]
  /** Clients that disconnected in due form. */
  goodbyes: number
  /** WebSocket messages that it sent. */
  sent: number
}

/** First byte of the packet. @see MQTT 3.1.1 section 3.14 */
const disconnect = 0xe0

export async function aedes(options: AedesOptions = {}): Promise<AedesServer> {
  const { user, noSubscribers = false, closesAfter = Infinity, answersAfter = 0, sends = 'a write' } = options
  const seen = {
    clients: [] as string[],
    users: [] as (string | undefined)[],
    published: [] as { topic: string; payload: string }[],
    goodbyes: 0,
    sent: 0,
  }
  const broker = await Aedes.createBroker({
    authenticate(_client, username, password, done) {
      seen.users.push(username)
      if (user === undefined || (username === user && String(password) === 'secret')) done(null, true)
      else done(badPassword(), false)
    },
    authorizePublish: (_client, _packet, done) => void setTimeout(done, answersAfter),
    authorizeSubscribe: (_client, subscription, done) => done(null, noSubscribers ? null : subscription),
  })
  const server = await serveWebSockets({ protocols: ['mqtt'], ...options }, (socket) => {
    const stream = createWebSocketStream(inPieces(socket, sends, () => result.sent++))
    stream.on('error', () => {})
    socket.on('message', (packet: Buffer) => {
      if (packet[0] === disconnect) result.goodbyes++
    })
    broker.handle(stream)
  })
  broker.on('client', ({ id }: Client) => seen.clients.push(id))
  broker.on('publish', ({ topic, payload }, client) => {
    if (client === null) return
    seen.published.push({ topic, payload: payload.toString() })
    if (seen.published.length === closesAfter) client.close()
  })
  const closeServer = server[Symbol.asyncDispose]
  const result = Object.assign(server, seen, {
    async [Symbol.asyncDispose]() {
      await closeServer()
      const closed = once(broker, 'closed')
      broker.close()
      await closed
    },
  })
  return result
}

function badPassword(): AuthenticateError {
  return Object.assign(new Error('bad user name or password'), { returnCode: 4 as never })
}

/** The same socket, which cuts what it sends, or puts it together. */
function inPieces(socket: WebSocket, sends: AedesOptions['sends'], sent: () => void): WebSocket {
  const send = socket.send.bind(socket) as (data: Buffer, done?: (error?: Error) => void) => void
  const sendOne: typeof send = (data, done) => {
    sent()
    send(data, done)
  }
  let waiting: Buffer[] = []
  const flush = (): void => {
    const packets = Buffer.concat(waiting)
    waiting = []
    sendOne(packets)
  }
  const others = {
    'a byte': (data: Buffer) => [...data].forEach((byte) => sendOne(Buffer.of(byte))),
    packets(data: Buffer) {
      if (waiting.push(data) === 1) setTimeout(flush, 5)
    },
  }
  if (sends === 'a write' || sends === undefined) return Object.assign(socket, { send: sendOne })
  return Object.assign(socket, {
    send(data: Buffer, done?: () => void) {
      others[sends](data)
      done?.()
    },
  })
}
