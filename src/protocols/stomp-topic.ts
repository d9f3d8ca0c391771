/** Topics of a broker of STOMP 1.2: what a publisher sends reaches all who subscribe. */
import * as v from 'valibot'
import { flag, only } from '../options/fields.ts'
import { defineProtocol } from '../wire/protocol.ts'
import type { KeepAlive } from './keep-alive.ts'
import { inRoom, messageIn, toldApart, textWithMessage } from './message-word.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'
import {
  adviseOnConnection,
  connectionFields,
  destinationName,
  hearBroker,
  logIn,
  messageHeaders,
  stay,
  type StompConnection,
  subscribe,
} from './stomp-connection.ts'
import { frameHead, frameLength, readFrame } from './stomp-frame.ts'

/** What is subscribed to and sent, and as whom. `%r` in destinations and body is the number of the room, from 0. */
export interface StompTopicOptions extends StompConnection {
  /** What subscribers subscribe to: `'/topic/rooms.%r'`. */
  readonly destination: string
  readonly publish?: {
    /** What publishers send to; an application passes it on, say. Default: the subscribers' `destination`. */
    readonly destination?: string
    /** `%m` in it is the message, a short text that has to be passed on. Default: `'%m'`. */
    readonly body?: string
    /** Of what is sent, besides those of the protocol. */
    readonly headers?: Readonly<Record<string, string>>
  }
  /** Whether the broker gives a RECEIPT for SUBSCRIBE, which is waited for. Default: true. */
  readonly receipt?: boolean
}

const schema = only({
  destination: destinationName(),
  publish: v.optional(
    only({
      destination: v.optional(destinationName()),
      body: v.optional(textWithMessage(), '%m'),
      headers: v.optional(messageHeaders(), {}),
    }),
    {},
  ),
  receipt: v.optional(flag(), true),
  ...connectionFields,
})
const { probeOf, dataOf } = readsOptions('stomp.topic', import.meta.url, schema)

/**
 * Topics of a broker that speaks STOMP 1.2 as the option `protocol` of `wsLoad.fanOut()`: subscribers subscribe, publishers send.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`
 */
export function stompTopic(options: StompTopicOptions): ProtocolProbe<StompTopicOptions> {
  return probeOf(options) as ProtocolProbe<StompTopicOptions>
}

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  data(index, options, { room }) {
    const data = dataOf(index, options)
    const { destination, publish } = data
    return toldApart(data, room, { destination, publish: `${publish.destination ?? destination}${publish.body}` })
  },
  subprotocols: 'v12.stomp',
  split: frameLength,
  async session(connection, { index, role, room, data }): Promise<{ readonly keepAlive: KeepAlive }> {
    const agreed = await logIn(connection, data, index)
    const keepAlive = stay(connection, agreed)
    if (role === 'subscriber') await subscribe(connection, inRoom(data.destination, room), data.receipt)
    keepAlive.expectBeats(agreed.hearWithin)
    return { keepAlive }
  },
  message: (message, { connection }) => hearBroker(message, connection),
  publish(id, { state: { keepAlive }, room, data }) {
    const { destination = data.destination, body, headers } = data.publish
    const text = inRoom(body, room, id)
    keepAlive.hasSent = true
    const head = {
      destination: inRoom(destination, room),
      ...headers,
      'content-length': String(Buffer.byteLength(text)),
    }
    return `${frameHead('SEND', head)}${text}\0`
  },
  delivery(message, { state: { keepAlive } }) {
    keepAlive.hasHeard = true
    const received = readFrame(message)
    return received?.command === 'MESSAGE' ? messageIn(received.body) : undefined
  },
  advise(fault, { data, role }) {
    const waits = fault.code === 'SESSION_TIMEOUT' && role === 'subscriber' && data.receipt
    const advice = waits ? 'does the broker give receipts? Without: receipt: false' : undefined
    return advice ?? adviseOnConnection(fault)
  },
})
