/** An MQTT broker, whose messages or acknowledgements answer pings. */
import { randomBytes } from 'node:crypto'
import type { Packet } from 'mqtt-packet'
import * as v from 'valibot'
import { expected, only } from '../options/fields.ts'
import { isBytes } from '../options/realm.ts'
import { defineProtocol } from '../wire/protocol.ts'
import type { KeepAlive } from './keep-alive.ts'
import {
  acknowledgedBy,
  adviseOnConnection,
  connectionFields,
  hearBroker,
  logIn,
  type MqttClient,
  type MqttConnection,
  stay,
  subscribe,
  topicName,
  userOfPassword,
} from './mqtt-connection.ts'
import { installed, missing, packetLength, readPacket, writePacket } from './mqtt-packet.ts'
import { mqttTopic } from './mqtt-topic.ts'
import { PacketIds } from './packet-ids.ts'
import { withPlaceholders } from './placeholders.ts'
import { prepared } from './prepared.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'

/** What each ping publishes, and as whom. */
export interface MqttOptions extends MqttConnection {
  /**
   * What is published to. `%c` in it is the client id of the connection, `%i` its number from 0, `%u` its user name. With QoS 0
   * each connection subscribes to its own, so one without `%c` is continued by `/%c`.
   */
  readonly topic: string
  /**
   * 0: the message itself is the answer, which comes back because its connection subscribes to its topic. 1: the broker's
   * PUBACK is. Default: 0.
   */
  readonly qos?: 0 | 1
  /** What is published; with QoS 0 behind a word that tells messages apart. Default: nothing. */
  readonly payload?: string | Uint8Array
}

/** What a connection needs to know for its pings. */
interface MqttState {
  readonly topic: string
  /** What the payloads of this connection begin with, where they come back. */
  readonly tag: string
  readonly packetIds: PacketIds
  readonly keepAlive: KeepAlive
}

/** What payloads that come back begin with: a word of their connection, and the id of their ping. */
const echo = /^([0-9a-f]{8})-(\d+) /
const longestEcho = 26

const schema = v.pipe(
  only({
    topic: topicName(),
    qos: v.optional(v.picklist([0, 1], expected('0 or 1')), 0),
    payload: v.optional(v.union([v.string(), v.custom<Uint8Array>(isBytes)], expected('a text or a Uint8Array')), ''),
    ...connectionFields,
  }),
  userOfPassword(),
  v.check(installed, missing),
)
const { probeOf, dataOf } = readsOptions('mqtt', import.meta.url, schema)

type MqttData = v.InferOutput<typeof schema>

/**
 * An MQTT broker as the option `probe`: each connection is a client, and each ping a message that it publishes. Needs the
 * package `mqtt-packet` beside this one.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`
 */
export function mqtt(options: MqttOptions): ProtocolProbe<MqttOptions> {
  return probeOf(options) as ProtocolProbe<MqttOptions>
}

mqtt.topic = mqttTopic

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  data: dataOf,
  subprotocols: 'mqtt',
  split: packetLength,
  async session(connection, { index, data }): Promise<MqttState> {
    const client = await logIn(connection, data, index)
    const keepAlive = stay(connection, client, data)
    const topic = topicOf(data, client, index)
    if (data.qos === 0) await subscribe(connection, topic, data.qos, data)
    return {
      topic,
      tag: randomBytes(4).toString('hex'),
      packetIds: new PacketIds('more connections, or a lower inFlight or rate', client.receiveMaximum),
      keepAlive,
    }
  },
  message: (message, { connection, data }) => hearBroker(readPacket(message, data), connection),
  request(id, { state: { topic, tag, packetIds, keepAlive }, data }) {
    const { qos } = data
    const payload = payloadOf(data)
    const own =
      qos === 1
        ? { messageId: packetIds.take(id), payload }
        : { payload: Buffer.concat([Buffer.from(`${tag}-${id} `), payload]) }
    const packet = writePacket({ cmd: 'publish', topic, qos, dup: false, retain: false, ...own }, data)
    keepAlive.hasSent = true
    return packet
  },
  reply(message, { state, data }) {
    const packet = readPacket(message, data)
    return data.qos === 1 ? acknowledgedBy(packet, state.packetIds) : echoedBy(packet, state)
  },
  advise: adviseOnConnection,
})

const payloadOf = prepared(({ payload }: MqttData) => Buffer.from(payload as Uint8Array))

function topicOf({ topic, qos }: MqttData, { clientId, username }: MqttClient, index: number): string {
  const whole = qos === 1 || topic.includes('%c') ? topic : `${topic}/%c`
  return withPlaceholders(whole, { c: clientId, i: String(index), u: username ?? '' })
}

/** The ping whose message came back. */
function echoedBy(packet: Packet, { tag }: MqttState): number | undefined {
  if (packet.cmd !== 'publish') return undefined
  const beginning = (packet.payload as Buffer).toString('latin1', 0, longestEcho)
  const [, word, id] = echo.exec(beginning) ?? []
  return word === tag ? Number(id) : undefined
}
