import { once } from 'node:events'
import { generate, type Packet } from 'mqtt-packet'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { mqtt, type MqttTopicOptions } from '../../src/protocols/index.ts'
import { aedes } from '../support/aedes.ts'
import { mosquitto, mosquittoMissing } from '../support/mosquitto.ts'
import { fanOut } from '../support/run.ts'

const noMosquitto = mosquittoMissing()
if (noMosquitto !== undefined) console.warn(`Skipping tests: ${noMosquitto}`)

const kinds = [
  { name: 'aedes', protocolVersion: 4, isMissing: false, start: aedes },
  { name: 'mosquitto', protocolVersion: 4, isMissing: noMosquitto !== undefined, start: mosquitto },
  { name: 'mosquitto', protocolVersion: 5, isMissing: noMosquitto !== undefined, start: mosquitto },
] as const
const topic = 'rooms/%r'

/** Publishes to topics what is kept there for later subscribers. */
async function retain(url: string, topics: readonly string[]): Promise<void> {
  const socket = new WebSocket(url, 'mqtt')
  await once(socket, 'open')
  let received = 0
  socket.on('message', (bytes: Buffer) => (received += bytes.length))
  const send = (packet: Packet): void => socket.send(generate(packet))
  send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'before', keepalive: 0 })
  for (const [nth, name] of topics.entries())
    send({ cmd: 'publish', topic: name, payload: 'kept', qos: 1, messageId: nth + 1, dup: false, retain: true })
  // A CONNACK and each PUBACK is four bytes, in one message or several.
  await vi.waitUntil(() => received === 4 * (1 + topics.length), { timeout: 20_000 })
  socket.close()
  await once(socket, 'close')
}
const load = { subscribers: 12, publishers: 2, rooms: 2, rate: '40/s', duration: '1s', warmup: '100ms' } as const
const everything = { expected: 240, delivered: 240, missed: 0, duplicates: 0, outOfOrder: 0, errors: {} }

describe.for(kinds)('topics of $name, protocol version $protocolVersion,', (kind) => {
  const { protocolVersion, isMissing, start } = kind

  test.skipIf(isMissing).for([0, 1] as const)('reach all of their subscribers with QoS %i', async (qos) => {
    await using broker = await start()
    const protocol = mqtt.topic({ topic, qos, protocolVersion })
    const summary = await fanOut({ ...load, url: broker.url, protocol })
    expect(summary).toMatchObject(everything)
    expect(summary.session.count).toBe(14)
    expect(summary.messages.unsolicited).toBe(0)
  })

  test.skipIf(isMissing)('are subscribed to by wildcards, and published to with a payload of any form', async () => {
    await using broker = await start()
    const publish = { topic: 'rooms/%r/said', payload: '{"room":%r,"text":"%m%r"}' }
    const protocol = mqtt.topic({ topic: 'rooms/%r/#', publish, protocolVersion })
    expect(await fanOut({ ...load, url: broker.url, protocol })).toMatchObject(everything)
  })
})

test.skipIf(noMosquitto !== undefined)('subscribers outlive a broker that waits for few acknowledgements', async () => {
  await using broker = await mosquitto({ lines: ['max_inflight_messages 3', 'max_queued_messages 0'] })
  const protocol = mqtt.topic({ topic, qos: 1 })
  expect(await fanOut({ ...load, rate: '200/s', url: broker.url, protocol })).toMatchObject({
    reach: 1,
    expected: 1_200,
  })
})

test.skipIf(noMosquitto !== undefined)(
  'subscribers acknowledge what was retained before they subscribed, too',
  async () => {
    await using broker = await mosquitto({ lines: ['max_inflight_messages 3'] })
    await retain(
      broker.url,
      ['a', 'b', 'c', 'd', 'e'].map((name) => `rooms/0/${name}`),
    )
    const protocol = mqtt.topic({ topic: 'rooms/%r/#', qos: 1, publish: { topic: 'rooms/%r/said' } })
    const summary = await fanOut({ ...load, rooms: 1, url: broker.url, protocol })
    expect(summary).toMatchObject({ reach: 1, expected: 480, errors: {} })
    expect(summary.messages.unsolicited).toBe(5 * load.subscribers)
  },
)

test.skipIf(noMosquitto !== undefined)(
  'a publisher who may not publish is told so in words of the broker',
  async () => {
    await using broker = await mosquitto({ acl: ['topic read rooms/#'] })
    const protocol = mqtt.topic({ topic, qos: 1, protocolVersion: 5 })
    const summary = await fanOut({ ...load, url: broker.url, timeout: '200ms', protocol })
    expect(summary).toMatchObject({ delivered: 0, missed: 240 })
    expect(summary.errors['ERROR_ANSWER']?.samples[0]).toContain('PUBACK: not authorized (135)')
  },
)

test('several rooms have to be told apart', async () => {
  await using broker = await aedes()
  const protocol = mqtt.topic({ topic: 'everybody', publish: { topic: 'one' } })
  await expect(fanOut({ ...load, url: broker.url, protocol })).rejects.toMatchObject({
    code: 'WSLOAD_ERR_INVALID_OPTIONS',
    message: expect.stringMatching(/protocol\.topic: expected %r in it[^]*protocol\.publish\.topic: expected %r in it/),
  })
  expect(
    await fanOut({ ...load, rooms: 1, url: broker.url, protocol: mqtt.topic({ topic: 'everybody' }) }),
  ).toMatchObject({
    reach: 1,
  })
})

test('messages of others on the topic are none of the run', async () => {
  await using broker = await aedes()
  const other = fanOut({ ...load, url: broker.url, protocol: mqtt.topic({ topic }) })
  const summary = await fanOut({ ...load, url: broker.url, protocol: mqtt.topic({ topic }) })
  await other
  expect(summary).toMatchObject(everything)
  expect(summary.messages.unsolicited).toBeGreaterThan(0)
})

test.for<[Partial<MqttTopicOptions>, string]>([
  [{ topic: 'rooms/#' }, 'publish: expected a topic, because wildcards cannot be published to, got none'],
  [{ publish: { topic: 'rooms/+' } }, 'publish.topic: expected the name of a topic, without wildcards'],
  [{ publish: { payload: 'hello' } }, 'publish.payload: expected a text with %m, got "hello"'],
  [{ password: 'secret' }, 'username: expected one with a password'],
  [{ topics: 'rooms' } as never, 'topics: no such option, did you mean "topic"?'],
])('%o is refused', ([options, mistake]) => {
  expect(() => mqtt.topic({ topic, ...options })).toThrow(mistake)
})
