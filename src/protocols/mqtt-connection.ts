/**
 * How a client gets into an MQTT broker, and stays.
 * @see https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html (MQTT 5.0, and 3.1.1)
 */
import { randomBytes } from 'node:crypto'
import type { Packet } from 'mqtt-packet'
import * as v from 'valibot'
import { duration, expected, text } from '../options/fields.ts'
import { formatDuration } from '../units.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'
import type { NamedAnswer, ProtocolConnection, ProtocolFault, SessionConnection } from '../wire/protocol.ts'
import { showKind } from '../wording.ts'
import { adviseUrl } from './advise-url.ts'
import { KeepAlive } from './keep-alive.ts'
import { type PacketOf, readPacket, writePacket } from './mqtt-packet.ts'
import { describeReason, isRefusal } from './mqtt-reasons.ts'
import type { PacketIds } from './packet-ids.ts'
import { withPlaceholders } from './placeholders.ts'

/** Who a client is, and how it speaks. */
export interface MqttConnection {
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
  /** How long the broker hears nothing from a client that lives, in whole seconds up to '65535s': a text like '60s', or milliseconds; 0 is for ever. Default: '60s'. */
  readonly keepAlive?: number | string
}

interface ConnectionData {
  readonly clientId: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly protocolVersion: 4 | 5
  /** In milliseconds. */
  readonly keepAlive: number
}

/** Who has logged in, and on what terms. */
export interface MqttClient {
  readonly clientId: string
  readonly username: string | undefined
  /** Publishes that the broker takes unacknowledged. */
  readonly receiveMaximum: number | undefined
  /** Milliseconds within which the broker wants to hear something; 0 if it does not care. */
  readonly keepAliveMs: number
}

/** A packet, as far as a PUBACK or a DISCONNECT is one. These types are published, and the codec's package need not be there. */
interface PacketWithReason {
  readonly cmd: string
  readonly messageId?: number | undefined
  readonly reasonCode?: number | undefined
}

const mostBytes = 65_535
const secondMs = 1_000

/** The fields of {@link MqttConnection}. */
export const connectionFields = {
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
}

/** MQTT 3.1.1 knows no password without a user. */
export function userOfPassword<Options extends ConnectionData & Record<string, unknown>>() {
  return v.rawCheck<Options>(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const input = dataset.value
    const { username, password, protocolVersion } = input
    if (protocolVersion === 5 || username !== undefined || password === undefined) return
    addIssue({
      message: 'expected one with a password (MQTT 3.1.1 section 3.1.2.9), got none',
      path: [{ type: 'object', origin: 'value', input, key: 'username', value: username }],
    })
  })
}

/** The name of a topic to publish to. */
export function topicName() {
  return v.pipe(
    topicFilter(),
    v.check((topic) => !/[+#]/.test(topic), expected('the name of a topic, without wildcards')),
  )
}

/** What may be subscribed to. @see MQTT 5.0 section 4.7 */
export function topicFilter() {
  return v.pipe(
    text('the name of a topic'),
    v.check((topic) => !topic.includes('\0'), expected('the name of a topic, without a zero')),
    v.check((topic) => Buffer.byteLength(topic) <= mostBytes, expected(`a text of at most ${mostBytes} bytes`)),
  )
}

/** Logs in. */
export async function logIn(connection: SessionConnection, data: ConnectionData, index: number): Promise<MqttClient> {
  const { protocolVersion, password, keepAlive } = data
  const { clientId, username } = identityOf(data, index)
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
  const { returnCode, reasonCode, properties } = await received(connection, 'connack', data)
  const code = returnCode ?? reasonCode
  if (code === undefined) throw new Error('the broker answered CONNECT without a code')
  if (code !== 0) throw new Error(`the broker refused CONNECT: ${describeReason(code)}`)
  const keepAliveMs = properties?.serverKeepAlive === undefined ? keepAlive : properties.serverKeepAlive * secondMs
  return { clientId, username, receiveMaximum: properties?.receiveMaximum, keepAliveMs }
}

export async function subscribe(
  connection: SessionConnection,
  topic: string,
  qos: 0 | 1,
  data: ConnectionData,
): Promise<void> {
  connection.send(writePacket({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] }, data))
  const { granted } = await received(connection, 'suback', data)
  const [code = 0] = granted as number[]
  if (isRefusal(code)) throw new Error(`the broker refused SUBSCRIBE to ${topic}: ${describeReason(code)}`)
}

/** Keeps a client that has logged in from being taken for dead, and says goodbye at its end. */
export function stay(connection: ProtocolConnection, { keepAliveMs }: MqttClient, data: ConnectionData): KeepAlive {
  connection.signal.addEventListener('abort', () => connection.send(writePacket({ cmd: 'disconnect' }, data)))
  return new KeepAlive(connection, { beat: writePacket({ cmd: 'pingreq' }, data), sendWithin: keepAliveMs })
}

/** Minds that the broker sends the client away. */
export function hearBroker({ cmd, reasonCode }: PacketWithReason, connection: ProtocolConnection): void {
  if (cmd === 'disconnect') connection.close(1000, `DISCONNECT: ${describeReason(reasonCode)}`)
}

/** What a PUBACK acknowledges, or refuses; `undefined` of another packet. */
export function acknowledgedBy(
  { cmd, messageId, reasonCode = 0 }: PacketWithReason,
  packetIds: PacketIds,
): number | NamedAnswer | undefined {
  if (cmd !== 'puback') return undefined
  const id = packetIds.release(messageId!)
  return id !== undefined && isRefusal(reasonCode) ? { id, error: `PUBACK: ${describeReason(reasonCode)}` } : id
}

export function adviseOnConnection(fault: ProtocolFault): string | undefined {
  return adviseUrl(fault, 'take the URL of a listener for MQTT over WebSocket, and leave out the option protocols')
}

/** Who a connection is. Identifiers of 23 letters and digits every broker takes (MQTT 5.0 section 3.1.3.1). */
function identityOf({ clientId, username }: ConnectionData, index: number): Pick<MqttClient, 'clientId' | 'username'> {
  const own = { i: String(index) }
  return {
    clientId: clientId.includes('%i')
      ? withPlaceholders(clientId, own)
      : `${clientId}${randomBytes(4).toString('hex')}${index}`,
    username: username === undefined ? undefined : withPlaceholders(username, own),
  }
}

/** What may come at any time: messages of others, and the answer to a heart-beat. */
const asides: ReadonlySet<Packet['cmd']> = new Set(['publish', 'pingresp'])

/** The next packet but for what may come at any time, which has to be a certain one. */
async function received<Command extends Packet['cmd']>(
  connection: SessionConnection,
  command: Command,
  data: ConnectionData,
): Promise<PacketOf<Command>> {
  const isMeant = (message: ProbeMessage): boolean => !asides.has(readPacket(message, data).cmd)
  const packet = readPacket(await connection.receive(isMeant), data)
  if (packet.cmd === command) return packet as PacketOf<Command>
  const reason = packet.cmd === 'disconnect' ? `: ${describeReason(packet.reasonCode)}` : ''
  throw new Error(`expected ${command.toUpperCase()} from the broker, got ${packet.cmd.toUpperCase()}${reason}`)
}
