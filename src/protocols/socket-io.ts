/** Socket.IO, whose acknowledgements answer pings. */
import * as v from 'valibot'
import { only } from '../options/fields.ts'
import { defineProtocol } from '../wire/protocol.ts'
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
import { socketIORoom } from './socket-io-room.ts'

/** What each ping emits, and to whom. */
export interface SocketIOOptions extends SocketIOConnection {
  /** Name of the event; the server's handler has to call the acknowledgement. */
  readonly event: string
  /** Its arguments: what JSON can say, and `Uint8Array`s anywhere in it. Default: none. */
  readonly args?: readonly unknown[]
}

/** An acknowledgement, its namespace and its id; a binary one says first how many attachments it has. */
const acknowledgement = /^4(?:3|6\d+-)(?:(\/[^,]*),)?(\d+)\[.*\]$/s

const schema = only({ event: eventName, args: v.optional(eventArguments, []), ...connectionFields })
type Data = SocketIOOptions & Required<Pick<SocketIOOptions, 'args' | 'namespace'>>

const { probeOf, dataOf } = readsOptions('socketIO', import.meta.url, schema)

/**
 * A Socket.IO server, version 3 or later, as the option `probe`: each connection goes straight to WebSocket, enters the
 * namespace, and answers heartbeats. Each ping emits an event, and its acknowledgement answers it.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`
 */
export function socketIO(options: SocketIOOptions): ProtocolProbe<Data> {
  return probeOf(options) as ProtocolProbe<Data>
}

socketIO.room = socketIORoom

const emitted = prepared(({ event, args, namespace }: Data) => emittedEvent(event, args, namespace))

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  data: dataOf as (index: number, options: unknown) => Data,
  url: (_index, data, given) => connectionUrl(data, given),
  session: (connection, { data }) => enterNamespace(connection, data),
  message: (message, { connection, data }) => hearServer(message, connection, data),
  attachments: attachmentsOf,
  request(id, { data }) {
    const { before, after, attachments } = emitted(data)
    const packet = `${before}${id}${after}`
    return attachments.length === 0 ? packet : [packet, ...attachments]
  },
  reply(message, { data }) {
    if (typeof message !== 'string') return undefined
    const [, namespace = mainNamespace, id] = acknowledgement.exec(message) ?? []
    return id !== undefined && namespace === data.namespace ? Number(id) : undefined
  },
  advise: (fault, { data }) => adviseOnConnection(fault, data),
})
