/** @see https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html (MQTT 5.0, and 3.1.1) */
import { randomBytes } from 'node:crypto'
import type { Packet } from 'mqtt-packet'
import * as v from 'valibot'
import { duration, expected, only, text } from '../options/fields.ts'
import { formatDuration } from '../units.ts'
import { defineProtocol, type NamedAnswer, type SessionConnection } from '../wire/protocol.ts'
import { showKind } from '../wording.ts'
import { KeepAlive } from './keep-alive.ts'
import { installed, missing, type PacketOf, packetLength, readPacket, writePacket } from './mqtt-packet.ts'
import { describeReason, isRefusal } from './mqtt-reasons.ts'
import { PacketIds } from './packet-ids.ts'
import { withPlaceholders } from './placeholders.ts'
import { prepared } from './prepared.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'
import { adviseUrl } from './advise-url.ts'

/** What each ping publishes, and as whom. */
export interface MqttOptions {
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
  /**
   * What the client ids begin with, which end with what no other connection of this or another run has; one with `%i`, the
   * number of the connection from 0, is taken as it is. Default: `'wsload'`.
   */
  readonly clientId?: string
  /** `%i` in it is the number of the connection, from 0. */
  readonly username?: string
  readonly password?: string
  /** 4 is MQTT 3.1.1, 5 is MQTT 5.0. Default: 4. */
  readonly protocolVersion?: 4 | 5
  /** How long the broker hears nothing from a client that lives, in whole seconds up to 65,535; 0 is for ever. Default: '60s'. */
  readonly keepAlive?: number | string
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

const mostBytes = 65_535
const secondMs = 1_000

const schema = v.pipe(
  only({
    topic: v.pipe(
      text('the name of a topic'),
      v.check((topic) => !/[+#\0]/.test(topic), expected('the name of a topic, without wildcards')),
      v.check((topic) => Buffer.byteLength(topic) <= mostBytes, expected(`a text of at most ${mostBytes} bytes`)),
    ),
    qos: v.optional(v.picklist([0, 1], expected('0 or 1')), 0),
    payload: v.optional(v.union([v.string(), v.instance(Uint8Array)], expected('a text or a Uint8Array')), ''),
    clientId: v.optional(text('a text'), 'wsload'),
    username: v.optional(text('a text')),
    password: v.optional(v.string(expected('a text', showKind))),
    protocolVersion: v.optional(v.picklist([4, 5], expected('4 (MQTT 3.1.1) or 5 (MQTT 5.0)')), 4),
    keepAlive: v.optional(
      v.pipe(
        duration(0),
        v.check(
          (ms) => Number.isInteger(ms / secondMs) && ms / secondMs <= mostBytes,
          expected("whole seconds like '60s', up to '65535s'", (ms) => formatDuration(Number(ms))),
        ),
      ),
      60 * secondMs,
    ),
  }),
  v.forward(
    v.check(
      ({ username, password, protocolVersion }) =>
        !(protocolVersion === 4 && username === undefined && password !== undefined),
      'expected one with a password (MQTT 3.1.1 section 3.1.2.9), got none',
    ),
    ['username'],
  ),
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

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  data: dataOf,
  subprotocols: 'mqtt',
  split: packetLength,
  async session(connection, { index, data }): Promise<MqttState> {
    const client = clientOf(data, index)
    const { properties } = await connect(connection, { ...data, ...client })
    const topic = topicOf(data, client, index)
    if (data.qos === 0) await subscribe(connection, topic, data)
    const keepAliveMs =
      properties?.serverKeepAlive === undefined ? data.keepAlive : properties.serverKeepAlive * secondMs
    connection.signal.addEventListener('abort', () => connection.send(writePacket({ cmd: 'disconnect' }, data)))
    return {
      topic,
      tag: randomBytes(4).toString('hex'),
      packetIds: new PacketIds(properties?.receiveMaximum),
      keepAlive: new KeepAlive(connection, { beat: writePacket({ cmd: 'pingreq' }, data), sendWithin: keepAliveMs }),
    }
  },
  message(message, { connection, data }) {
    const packet = readPacket(message, data)
    if (packet.cmd === 'disconnect') connection.close(1000, `DISCONNECT: ${describeReason(packet.reasonCode)}`)
  },
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
    return data.qos === 1 ? acknowledgedBy(packet, state) : echoedBy(packet, state)
  },
  advise: (fault) =>
    adviseUrl(fault, 'take the URL of a listener for MQTT over WebSocket, and leave out the option protocols'),
})

const payloadOf = prepared(({ payload }: MqttData) => Buffer.from(payload as Uint8Array))

/** Who a connection is. Identifiers of 23 letters and digits every broker takes (MQTT 5.0 section 3.1.3.1). */
function clientOf({ clientId, username }: MqttData, index: number): Pick<MqttData, 'clientId' | 'username'> {
  const own = { i: String(index) }
  return {
    clientId: clientId.includes('%i')
      ? withPlaceholders(clientId, own)
      : `${clientId}${randomBytes(4).toString('hex')}${index}`,
    username: username === undefined ? undefined : withPlaceholders(username, own),
  }
}

function topicOf({ topic, qos }: MqttData, client: Pick<MqttData, 'clientId' | 'username'>, index: number): string {
  const whole = qos === 1 || topic.includes('%c') ? topic : `${topic}/%c`
  return withPlaceholders(whole, { c: client.clientId, i: String(index), u: client.username ?? '' })
}

/** Logs in. */
async function connect(connection: SessionConnection, data: MqttData): Promise<PacketOf<'connack'>> {
  const { protocolVersion, clientId, username, password, keepAlive } = data
  const connect = {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion,
    clean: true,
    clientId,
    keepalive: keepAlive / secondMs,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: Buffer.from(password) }),
  } as const
  connection.send(writePacket(connect, data))
  const answer = await received(connection, 'connack', data)
  const code = answer.returnCode ?? answer.reasonCode
  if (code === undefined) throw new Error('the broker answered CONNECT without a code')
  if (code !== 0) throw new Error(`the broker refused CONNECT: ${describeReason(code)}`)
  return answer
}

async function subscribe(connection: SessionConnection, topic: string, data: MqttData): Promise<void> {
  connection.send(writePacket({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] }, data))
  const { granted } = await received(connection, 'suback', data)
  const [code = 0] = granted as number[]
  if (isRefusal(code)) throw new Error(`the broker refused SUBSCRIBE to ${topic}: ${describeReason(code)}`)
}

/** The next packet, which has to be a certain one. */
async function received<Command extends Packet['cmd']>(
  connection: SessionConnection,
  command: Command,
  data: MqttData,
): Promise<PacketOf<Command>> {
  const packet = readPacket(await connection.receive(), data)
  if (packet.cmd === command) return packet as PacketOf<Command>
  const reason = packet.cmd === 'disconnect' ? `: ${describeReason(packet.reasonCode)}` : ''
  throw new Error(`expected ${command.toUpperCase()} from the broker, got ${packet.cmd.toUpperCase()}${reason}`)
}

/** The ping that a PUBACK answers. */
function acknowledgedBy(packet: Packet, { packetIds }: MqttState): number | NamedAnswer | undefined {
  if (packet.cmd !== 'puback') return undefined
  const id = packetIds.release(packet.messageId!)
  const { reasonCode = 0 } = packet
  return id !== undefined && isRefusal(reasonCode) ? { id, error: `PUBACK: ${describeReason(reasonCode)}` } : id
}

/** The ping whose message came back. */
function echoedBy(packet: Packet, { tag }: MqttState): number | undefined {
  if (packet.cmd !== 'publish') return undefined
  const beginning = (packet.payload as Buffer).toString('latin1', 0, longestEcho)
  const [, word, id] = echo.exec(beginning) ?? []
  return word === tag ? Number(id) : undefined
}
