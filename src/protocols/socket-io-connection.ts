/**
 * How a connection gets into a namespace of Socket.IO, over WebSocket alone, and stays in it.
 * @see https://socket.io/docs/v4/engine-io-protocol/ (revision 4) and https://socket.io/docs/v4/socket-io-protocol/ (revision 5)
 */
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser'
import * as v from 'valibot'
import { expected, json, jsonObject, text } from '../options/fields.ts'
import { showKind } from '../wording.ts'
import { type ProbeMessage, textOf } from '../wire/probe-message.ts'
import type { ProtocolConnection, ProtocolFault, SessionConnection } from '../wire/protocol.ts'
import { adviseUrl } from './advise-url.ts'

/** Where a connection goes, and as whom. */
export interface SocketIOConnection {
  /** Default: '/', the main one. */
  readonly namespace?: string
  /** Credentials: `socket.handshake.auth` on the server. Default: none. */
  readonly auth?: Readonly<Record<string, unknown>>
  /** Where the server listens. Default: the path of the run's URL; of one without a path, '/socket.io/'. */
  readonly path?: string
  /** Added to the query of the URL: `socket.handshake.query` on the server. Default: nothing. */
  readonly query?: Readonly<Record<string, string>>
}

type ConnectionData = SocketIOConnection & Required<Pick<SocketIOConnection, 'namespace'>>

/** Packets of Engine.IO, which a text begins with. A binary message is a Socket.IO attachment, whole. */
const engine = { open: '0', close: '1', ping: '2', pong: '3', message: '4' } as const
/** Their first bytes, and those of Socket.IO packets with attachments behind them. */
const codes = { message: 0x34, binaryEvent: 0x35, binaryAck: 0x36 } as const
/** Where the number of attachments has surely ended. */
const longestCount = 16
const disconnection = `${engine.message}${PacketType.DISCONNECT}`
const usualPath = '/socket.io/'
export const mainNamespace = '/'
/** Events that Socket.IO keeps for itself. */
const reserved = new Set(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'])
/** How Socket.IO answers a handshake that it does not want. */
const refused = 'HTTP_400'

/** The name of an event. */
export const eventName = v.pipe(
  text('the name of an event'),
  v.check((name) => !reserved.has(name), expected('an event that Socket.IO does not keep for itself')),
)

/** A list of arguments. */
export const eventArguments = v.pipe(
  json('a list of arguments that JSON can say'),
  v.check(Array.isArray, expected('a list of arguments')),
  v.transform((args) => args as readonly unknown[]),
)

/** The fields of {@link SocketIOConnection}. */
export const connectionFields = {
  namespace: v.optional(
    v.pipe(
      text("a namespace, such as '/admin'"),
      v.check((name) => !/[,?]/.test(name), expected('a namespace without a comma and a query')),
      v.transform((name) => (name.startsWith('/') ? name : `/${name}`)),
    ),
    mainNamespace,
  ),
  auth: v.optional(jsonObject(showKind)),
  path: v.optional(
    v.pipe(
      text("a path, such as '/socket.io/'"),
      v.check((path) => /^\/[^?#]*$/.test(path), expected('a path that begins with a slash, without a query')),
      v.transform(withSlash),
    ),
  ),
  query: v.optional(
    v.record(v.string(), v.string(expected('a text', showKind)), expected('an object of texts', showKind)),
  ),
}

const encoder = new Encoder()

/** Where a connection goes. */
export function connectionUrl({ path, query }: SocketIOConnection, given: string): URL {
  const url = new URL(given)
  url.pathname = path ?? (url.pathname === '/' ? usualPath : withSlash(url.pathname))
  for (const [name, value] of Object.entries({ ...query, EIO: '4', transport: 'websocket' })) {
    url.searchParams.set(name, value)
  }
  return url
}

/** A path with a slash at its end, which servers of Socket.IO want. */
function withSlash(path: string): string {
  return path.replace(/\/*$/, '/')
}

/** Enters the namespace. */
export async function enterNamespace(
  { send, messages }: SessionConnection,
  { namespace, auth }: ConnectionData,
): Promise<void> {
  for await (const message of messages()) {
    if (typeof message !== 'string') continue
    if (message === engine.ping) send(engine.pong)
    else if (message === engine.close) throw new Error('the server closed its Engine.IO connection')
    else if (message.startsWith(engine.open)) send(connecting(namespace, auth))
    else if (isAdmission(packetIn(message), namespace)) return
  }
}

/** Answers heartbeats, and minds that the server sends the socket away. */
export function hearServer(message: ProbeMessage, connection: ProtocolConnection, { namespace }: ConnectionData): void {
  if (message === engine.ping) connection.send(engine.pong)
  else if (message === engine.close) connection.close(1000, 'the server closed its Engine.IO connection')
  else if (isDisconnection(message, namespace)) connection.close(1000, 'the server disconnected its socket')
}

/** How many attachments follow a message. */
export function attachmentsOf(bytes: Uint8Array): number {
  const isBinary = bytes[0] === codes.message && (bytes[1] === codes.binaryEvent || bytes[1] === codes.binaryAck)
  return isBinary ? Number.parseInt(textOf(bytes, 2, Math.min(bytes.length, longestCount)), 10) : 0
}

export function adviseOnConnection(fault: ProtocolFault, { path, namespace }: ConnectionData): string | undefined {
  if (fault.code === refused) return 'check headers, query, and the transports and allowRequest of the server'
  const orNotLetIn = fault.during === 'session' ? `, or what keeps this user out of namespace ${namespace}` : ''
  return adviseUrl(fault, `${noServerAt(path)}${orNotLetIn}`)
}

/** The messages that emit an event: its packet around an id, if it is given one, and its attachments. */
export interface EmittedEvent {
  readonly before: string
  readonly after: string
  readonly attachments: readonly Uint8Array[]
}

export function emittedEvent(event: string, args: readonly unknown[], nsp: string): EmittedEvent {
  const encoded = encoder.encode({ type: PacketType.EVENT, nsp, data: [event, ...args] })
  const [packet, ...attachments] = encoded as [string, ...(Uint8Array | ArrayBuffer)[]]
  const place = nsp === mainNamespace ? packet.indexOf('[') : packet.indexOf(`${nsp},`) + nsp.length + 1
  return {
    before: `${engine.message}${packet.slice(0, place)}`,
    after: packet.slice(place),
    attachments: attachments.map(bytesOf),
  }
}

function bytesOf(attachment: Uint8Array | ArrayBuffer): Uint8Array {
  return attachment instanceof ArrayBuffer ? new Uint8Array(attachment) : attachment
}

function noServerAt(path = 'the path of the URL'): string {
  return `no Socket.IO server, version 3 or later, at ${path}? Check url and the option path`
}

function connecting(nsp: string, auth: unknown): string {
  return `${engine.message}${String(encoder.encode({ type: PacketType.CONNECT, nsp, data: auth })[0])}`
}

/** The Socket.IO packet that a text is, if it is one and has all that belongs to it. */
function packetIn(text: string): Packet | undefined {
  if (!text.startsWith(engine.message)) return undefined
  let packet: Packet | undefined
  const decoder = new Decoder()
  decoder.once('decoded', (decoded) => (packet = decoded))
  decoder.add(text.slice(engine.message.length))
  return packet
}

/**
 * Whether a packet lets its receiver into a namespace.
 * @throws {Error} if it refuses that
 */
function isAdmission(packet: Packet | undefined, namespace: string): boolean {
  if (packet?.nsp !== namespace) return false
  if (packet.type === PacketType.CONNECT_ERROR) throw new Error(describeRefusal(packet))
  return packet.type === PacketType.CONNECT
}

function describeRefusal({ nsp, data }: Packet): string {
  // Revision 4 says it in a text.
  const { message } = typeof data === 'string' ? { message: data } : (data as { readonly message: string })
  return message === 'Invalid namespace'
    ? `the server has no namespace ${nsp} (${message}); the option namespace names another one`
    : `the server does not let this user into namespace ${nsp} (${message}); check the option auth`
}

function isDisconnection(message: ProbeMessage, namespace: string): boolean {
  if (typeof message !== 'string' || !message.startsWith(disconnection)) return false
  return packetIn(message)?.nsp === namespace
}
