/** Topics of an MQTT broker: what a publisher publishes reaches all who subscribe. */
import * as v from 'valibot'
import { expected, only } from '../options/fields.ts'
import { defineProtocol, type MessageContext } from '../wire/protocol.ts'
import type { KeepAlive } from './keep-alive.ts'
import { inRoom, messageIn, toldApart, textWithMessage } from './message-word.ts'
import {
  acknowledgedBy,
  adviseOnConnection,
  connectionFields,
  hearBroker,
  logIn,
  type MqttConnection,
  stay,
  subscribe,
  topicFilter,
  topicName,
  userOfPassword,
} from './mqtt-connection.ts'
import { installed, missing, packetLength, type PacketOf, readPacket, writePacket } from './mqtt-packet.ts'
import { PacketIds } from './packet-ids.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'

/** What is subscribed to and published, and as whom. `%r` in topics and payload is the number of the room, from 0. */
export interface MqttTopicOptions extends MqttConnection {
  /** What subscribers subscribe to, a name or a filter with wildcards: `'rooms/%r'`. */
  readonly topic: string
  readonly publish?: {
    /** Default: the subscribers' `topic`, which then has no wildcards. */
    readonly topic?: string
    /** `%m` in it is the message, a short text. Default: `'%m'`. */
    readonly payload?: string
  }
  /** Of publications and subscriptions. Default: 0. */
  readonly qos?: 0 | 1
}

interface MqttTopicState {
  readonly packetIds: PacketIds
  readonly keepAlive: KeepAlive
  /** Packet id of the PUBLISH that `delivery` acknowledged last: `message` may be given it, too. */
  lastAcknowledged: number | undefined
}

const schema = v.pipe(
  only({
    topic: topicFilter(),
    publish: v.optional(
      only({
        topic: v.optional(topicName()),
        payload: v.optional(textWithMessage(), '%m'),
      }),
      {},
    ),
    qos: v.optional(v.picklist([0, 1], expected('0 or 1')), 0),
    ...connectionFields,
  }),
  v.forward(
    v.check(
      ({ topic, publish }) => publish.topic !== undefined || !/[+#]/.test(topic),
      'expected a topic, because wildcards cannot be published to, got none',
    ),
    ['publish'],
  ),
  userOfPassword(),
  v.check(installed, missing),
)
const { probeOf, dataOf } = readsOptions('mqtt.topic', import.meta.url, schema)

type MqttTopicData = v.InferOutput<typeof schema>

/**
 * Topics of an MQTT broker as the option `protocol` of `wsLoad.fanOut()`: subscribers subscribe, publishers publish. Needs the
 * package `mqtt-packet` beside this one.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`
 */
export function mqttTopic(options: MqttTopicOptions): ProtocolProbe<MqttTopicOptions> {
  return probeOf(options) as ProtocolProbe<MqttTopicOptions>
}

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  data(index, options, { room }) {
    const data = dataOf(index, options)
    const { topic, publish } = data
    return toldApart(data, room, { topic, ...(publish.topic !== undefined && { 'publish.topic': publish.topic }) })
  },
  subprotocols: 'mqtt',
  split: packetLength,
  async session(connection, { index, role, room, data }): Promise<MqttTopicState> {
    const client = await logIn(connection, data, index)
    const keepAlive = stay(connection, client, data)
    if (role === 'subscriber') await subscribe(connection, inRoom(data.topic, room), data.qos, data)
    return {
      packetIds: new PacketIds('more publishers, or a lower rate', client.receiveMaximum),
      keepAlive,
      lastAcknowledged: undefined,
    }
  },
  message(message, context) {
    const { connection, state, data } = context
    const packet = readPacket(message, data)
    hearBroker(packet, connection)
    // The broker sends only so many that are not acknowledged, whether they came before its SUBACK, or are none of the run.
    if (packet.cmd === 'publish' && packet.messageId !== state.lastAcknowledged) acknowledge(packet, context)
    state.lastAcknowledged = undefined
  },
  publish(id, { state: { packetIds, keepAlive }, room, data }) {
    const { topic, publish, qos } = data
    const packet = {
      cmd: 'publish',
      topic: inRoom(publish.topic ?? topic, room),
      payload: inRoom(publish.payload, room, id),
      qos,
      dup: false,
      retain: false,
      ...(qos === 1 && { messageId: packetIds.take(id) }),
    } as const
    keepAlive.hasSent = true
    return writePacket(packet, data)
  },
  delivery(message, context) {
    const { state, data } = context
    const packet = readPacket(message, data)
    const acknowledged = acknowledgedBy(packet, state.packetIds)
    if (typeof acknowledged === 'object') return acknowledged
    if (packet.cmd !== 'publish') return undefined
    acknowledge(packet, context)
    state.lastAcknowledged = packet.messageId
    return messageIn((packet.payload as Buffer).toString('latin1'))
  },
  advise: adviseOnConnection,
})

/** Makes room at the broker's for another message with QoS 1. */
function acknowledge(
  { qos, messageId }: PacketOf<'publish'>,
  { connection, state, data }: MessageContext<MqttTopicState, MqttTopicData>,
): void {
  if (qos !== 1) return
  connection.send(writePacket({ cmd: 'puback', messageId: messageId!, reasonCode: 0 }, data))
  state.keepAlive.hasSent = true
}
