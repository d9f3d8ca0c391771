/** Rooms of Socket.IO: an event that a publisher emits reaches all members. */
import * as v from 'valibot'
import { expected, flag, only } from '../options/fields.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'
import { defineProtocol } from '../wire/protocol.ts'
import { hasMessage, inRoom, messageIn } from './message-word.ts'
import { prepared } from './prepared.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'
import {
  adviseOnConnection,
  attachmentsOf,
  connectionFields,
  connectionUrl,
  emittedEvent,
  enterNamespace,
  eventArguments,
  eventName,
  hearServer,
  mainNamespace,
  type SocketIOConnection,
} from './socket-io-connection.ts'

/** An event that is emitted. In texts among its arguments `%r` is the number of the room, from 0. */
export interface RoomEvent {
  readonly event: string
  readonly args?: readonly unknown[]
}

/** How members join, and what is emitted to them. */
export interface SocketIORoomOptions extends SocketIOConnection {
  /** What a subscriber emits. Default: nothing, because the server puts into rooms itself who enters the namespace. */
  readonly join?: RoomEvent & {
    /** Whether the server's handler calls the acknowledgement, which is waited for. Default: true. */
    readonly acknowledged?: boolean
  }
  /** What a publisher emits. In its arguments `%m` is the message, a short text, which the server has to pass on. Default of `args`: `['%m']`. */
  readonly publish: RoomEvent
  /** Name of the event that members are sent, with the message anywhere in its arguments. Default: that of `publish`. */
  readonly event?: string
}

const event = { event: eventName, args: v.optional(eventArguments) }
/** The only event of its connection that asks to be acknowledged. */
const joinId = 0

const schema = only({
  join: v.optional(only({ ...event, acknowledged: v.optional(flag(), true) })),
  publish: v.pipe(
    only(event),
    v.check(({ args }) => args === undefined || hasMessage(args), expected('args with %m in a text')),
  ),
  event: v.optional(eventName),
  ...connectionFields,
})
type Data = SocketIORoomOptions & Required<Pick<SocketIORoomOptions, 'namespace'>>

const { probeOf, dataOf } = readsOptions('socketIO.room', import.meta.url, schema)

/**
 * Rooms of a Socket.IO server, version 3 or later, as the option `protocol` of `wsLoad.fanOut()`: subscribers join, publishers
 * emit an event, and the server passes it on.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`
 */
export function socketIORoom(options: SocketIORoomOptions): ProtocolProbe<SocketIORoomOptions> {
  return probeOf(options) as ProtocolProbe<SocketIORoomOptions>
}

const published = prepared(({ publish, namespace }: Data) => {
  return emittedEvent(publish.event, publish.args ?? ['%m'], namespace)
})

/** What stands before and behind the number in a delivery's packet by which that is to be acknowledged, if it has one. */
const deliveredEvent = prepared(({ publish, event = publish.event, namespace }: Data) => {
  return { namespace: prefixOf(namespace), event: `[${JSON.stringify(event)},` }
})
/** The types of packets, with the number of their attachments. */
const types = { event: /^4(?:2|5\d+-)/, acknowledgement: /^4(?:3|6\d+-)/ }
const acknowledgementNumber = /^\d*$/

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  data: dataOf as (index: number, options: unknown) => Data,
  url: (_index, data, given) => connectionUrl(data, given),
  async session(connection, { data, role, room }) {
    await enterNamespace(connection, data)
    if (role === 'publisher' || data.join === undefined) return
    const { event: name, args = [], acknowledged } = data.join
    const { before, after, attachments } = emittedEvent(name, args, data.namespace)
    const id = acknowledged ? String(joinId) : ''
    connection.send(`${before}${id}${inRoom(after, room)}`)
    for (const attachment of attachments) connection.send(attachment)
    if (!acknowledged) return
    for await (const message of connection.messages()) {
      if (isAcknowledged(message, data.namespace)) return
      hearServer(message, connection, data)
    }
  },
  message: (message, { connection, data }) => hearServer(message, connection, data),
  attachments: attachmentsOf,
  publish(id, { data, room }) {
    const { before, after, attachments } = published(data)
    const packet = `${before}${inRoom(after, room, id)}`
    return attachments.length === 0 ? packet : [packet, ...attachments]
  },
  delivery(message, { data }) {
    return typeof message === 'string' && isDelivery(message, data) ? messageIn(message) : undefined
  },
  advise(fault, { data }) {
    const waits = fault.code === 'SESSION_TIMEOUT' && data.join?.acknowledged === true
    const advice = waits
      ? 'does the handler of join call its acknowledgement? Without: join.acknowledged: false'
      : undefined
    return advice ?? adviseOnConnection(fault, data)
  },
})

function isDelivery(message: string, data: Data): boolean {
  const { namespace, event } = deliveredEvent(data)
  const type = types.event.exec(message)?.[0]
  if (type === undefined || !message.startsWith(namespace, type.length)) return false
  const begin = type.length + namespace.length
  const end = message.indexOf('[', begin)
  return message.startsWith(event, end) && acknowledgementNumber.test(message.slice(begin, end))
}

function isAcknowledged(message: ProbeMessage, namespace: string): boolean {
  const type = typeof message === 'string' ? types.acknowledgement.exec(message)?.[0] : undefined
  return type !== undefined && (message as string).startsWith(`${prefixOf(namespace)}${joinId}[`, type.length)
}

/** How a packet names its namespace. */
function prefixOf(namespace: string): string {
  return namespace === mainNamespace ? '' : `${namespace},`
}
