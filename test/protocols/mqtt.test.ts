import { generate } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { once } from 'node:events'
import { mqtt } from '../../src/protocols/index.ts'
import { readPacket, writePacket } from '../../src/protocols/mqtt-packet.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { aedes } from '../support/aedes.ts'
import { flood, floodAt } from '../support/flood.ts'
import { mosquitto, mosquittoMissing } from '../support/mosquitto.ts'
import { answering, echoing, silent } from '../support/servers.ts'

const noMosquitto = mosquittoMissing()
if (noMosquitto !== undefined) console.warn(`Skipping tests: ${noMosquitto}`)

interface Broker extends AsyncDisposable {
  readonly url: string
}

interface BrokerKind {
  readonly name: string
  readonly protocolVersion: 4 | 5
  readonly isMissing: boolean
  readonly start: (options?: { readonly user?: string }) => Promise<Broker>
  /** What it says to a wrong password. */
  readonly refusal: string
}

const kinds: readonly BrokerKind[] = [
  {
    name: 'aedes',
    protocolVersion: 4,
    isMissing: false,
    start: aedes,
    refusal: 'bad user name or password (4); set username and password to those of a user of the broker',
  },
  {
    name: 'mosquitto',
    protocolVersion: 4,
    isMissing: noMosquitto !== undefined,
    start: mosquitto,
    refusal: 'not authorized (5); set username and password to those of a user of the broker who may do this',
  },
  {
    name: 'mosquitto',
    protocolVersion: 5,
    isMissing: noMosquitto !== undefined,
    start: mosquitto,
    refusal: 'not authorized (135); set username and password to those of a user of the broker who may do this',
  },
]

/** Beyond what any machine takes. */
const slo = { max: '< 20s', errorRate: '<= 0', 'session.max': '< 20s' }
const load = { connections: 4, threads: 2, inFlight: 3, pings: 200 } as const
const patience = { keepAlive: '1s', ms: 1_500 } as const

describe.for(kinds)('mqtt against $name, protocol version $protocolVersion,', (kind) => {
  const { protocolVersion, isMissing, start, refusal } = kind
  const options = { topic: 'floods/1', protocolVersion, payload: 'hello' } as const

  test.skipIf(isMissing)('is answered by its own subscription with QoS 0', async () => {
    await using broker = await start()
    const result = await floodAt(broker.url, { ...load, probe: mqtt(options) })
    expect(result.errors).toEqual({})
    expect(result.pings).toMatchObject({ sent: 200, answered: 200 })
    expect(result.messages.unsolicited).toBe(0)
    expect(evaluateSLO(result, slo).verdict).toBe('pass')
  })

  test.skipIf(isMissing)('is answered by acknowledgements with QoS 1', async () => {
    await using broker = await start()
    const result = await floodAt(broker.url, { ...load, probe: mqtt({ ...options, qos: 1 }) })
    expect(result.errors).toEqual({})
    expect(result.pings).toMatchObject({ sent: 200, answered: 200 })
    expect(result.messages).toMatchObject({ received: 4 + 200, unsolicited: 0 })
  })

  test.skipIf(isMissing)('logs in with a password, and says so of a wrong one', async () => {
    await using broker = await start({ user: 'me' })
    const right = await floodAt(broker.url, {
      ...load,
      probe: mqtt({ ...options, username: 'me', password: 'secret' }),
    })
    expect(right.errors).toEqual({})
    expect(right.pings.answered).toBe(200)

    const wrong = await floodAt(broker.url, {
      ...load,
      probe: mqtt({ ...options, username: 'me', password: 'open sesame' }),
    })
    expect(wrong.errors).toEqual({
      SESSION_FAILED: { count: 4, samples: [`Error: the broker refused CONNECT: ${refusal}`] },
    })
    expect(wrong.connections).toMatchObject({ opened: 0, failedSessions: 4 })
    expect(evaluateSLO(wrong, slo).verdict).not.toBe('pass')
  })

  test.skipIf(isMissing)('says what to do where it is not spoken', async () => {
    await using broker = await start()
    const { errors } = await floodAt(broker.url, { ...load, protocols: 'chat', probe: mqtt(options) })
    const [{ samples } = { samples: [] }] = Object.values(errors)
    const advice = 'take the URL of a listener for MQTT over WebSocket, and leave out the option protocols'
    expect(samples).toEqual([
      expect.stringMatching(new RegExp(`^(Server sent no subprotocol|socket hang up); ${advice}$`)),
    ])
  })

  test.skipIf(isMissing)('outlives the keep-alive of a connection that has nothing to say', async () => {
    await using broker = await start()
    const silent = await lifeOfTheSilent(broker.url, protocolVersion)
    expect(silent).toBeGreaterThan(patience.ms - 500)

    const result = await floodAt(broker.url, {
      connections: 2,
      // The first waits for the second to log in, then both have little to say.
      sessionRate: 0.5,
      rate: 0.5,
      duration: 4_500,
      probe: mqtt({ ...options, keepAlive: patience.keepAlive }),
    })
    expect(result.errors).toEqual({})
    expect(result.connections).toMatchObject({ opened: 2, closedEarly: 0 })
    expect(result.pings.answered).toBe(result.pings.sent)
    expect(result.pings.answered).toBeGreaterThan(0)
  })
})

/** How long a broker bears a client that promised to be heard within the keep-alive and is not, in ms. */
async function lifeOfTheSilent(url: string, protocolVersion: 4 | 5): Promise<number> {
  const socket = new WebSocket(url, 'mqtt')
  await once(socket, 'open')
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion, clean: true, clientId: 'silent', keepalive: 1 }
  socket.send(generate(connect as never))
  const began = performance.now()
  await once(socket, 'close')
  return performance.now() - began
}

describe('mqtt against aedes', () => {
  test('publishes as clients and to topics of their own, that no two runs share', async () => {
    await using broker = await aedes()
    const probe = mqtt({ topic: 'floods', payload: 'hello' })
    const runs = await Promise.all([1, 2].map(async () => floodAt(broker.url, { ...load, probe })))
    for (const { errors, pings, connections } of runs) {
      expect(errors).toEqual({})
      expect(pings.answered).toBe(200)
      expect(connections.closedEarly).toBe(0)
    }
    expect(new Set(broker.clients).size).toBe(8)
    expect(broker.clients.every((id) => /^[0-9a-zA-Z]{1,23}$/.test(id))).toBe(true)
    const topics = new Set(broker.published.map(({ topic }) => topic))
    expect(topics).toEqual(new Set(broker.clients.map((id) => `floods/${id}`)))
    expect(broker.published.every(({ payload }) => /^[0-9a-f]{8}-\d+ hello$/.test(payload))).toBe(true)
  })

  test('publishes with QoS 1 what it is told, to the topic that it is told', async () => {
    await using broker = await aedes()
    await flood(broker, { ...load, pings: 20, probe: mqtt({ topic: 'a/b', qos: 1, payload: Buffer.from('hello') }) })
    expect(new Set(broker.published.map(({ topic, payload }) => `${topic} ${payload}`))).toEqual(new Set(['a/b hello']))
  })

  test('puts in the placeholders of client ids, user names and topics', async () => {
    await using broker = await aedes()
    const probe = mqtt({ topic: 'of/%u/%i/%c/100%', qos: 1, clientId: 'device-%i', username: 'user-%i' })
    await flood(broker, { connections: 2, pings: 20, probe })
    expect(new Set(broker.clients)).toEqual(new Set(['device-0', 'device-1']))
    expect(new Set(broker.users)).toEqual(new Set(['user-0', 'user-1']))
    expect(new Set(broker.published.map(({ topic }) => topic))).toEqual(
      new Set(['of/user-0/0/device-0/100%', 'of/user-1/1/device-1/100%']),
    )
  })

  test.for(['a write', 'a byte', 'packets'] as const)(
    'understands it where a WebSocket message has %s',
    async (sends) => {
      await using broker = await aedes({ sends })
      for (const qos of [0, 1] as const) {
        broker.sent = 0
        const { errors, pings, messages } = await flood(broker, {
          connections: 2,
          inFlight: 8,
          pings: 60,
          probe: mqtt({ topic: 'floods', qos, payload: 'x'.repeat(200) }),
        })
        expect(errors).toEqual({})
        expect(pings).toMatchObject({ sent: 60, answered: 60 })
        const packets = 60 + (qos === 0 ? 2 : 1) * 2
        expect(messages).toMatchObject({ received: packets, unsolicited: 0 })
        expect(Math.sign(broker.sent - packets)).toBe(sends === 'packets' ? -1 : 1)
      }
    },
  )

  test.for([0, 1] as const)('does not take late answers for those to other messages, with QoS %i', async (qos) => {
    await using broker = await aedes({ answersAfter: 250 })
    const { pings, errors, messages } = await flood(broker, {
      connections: 1,
      duration: 600,
      drain: 500,
      timeout: 100,
      probe: mqtt({ topic: 'floods', qos }),
    })
    expect(errors).toEqual({})
    expect(pings.sent).toBeGreaterThan(2)
    expect(pings).toMatchObject({ answered: 0, timedOut: pings.sent })
    expect(messages.unsolicited).toBe(0)
  })

  test('counts what is lost when the broker ends connections', async () => {
    await using broker = await aedes({ closesAfter: 10 })
    const result = await flood(broker, { connections: 1, duration: 5_000, probe: mqtt({ topic: 'floods' }) })
    // A ping that meets the closed socket is answered by a reset.
    expect(['CLOSE_1006', 'ECONNRESET']).toEqual(expect.arrayContaining(Object.keys(result.errors)))
    expect(result.connections).toMatchObject({ opened: 1, closedEarly: 1 })
    expect(result.pings.answered).toBeGreaterThan(0)
    expect(result.pings.answered).toBeLessThanOrEqual(10)
    expect(evaluateSLO(result, slo).verdict).not.toBe('pass')
  })

  test('says that it may not subscribe', async () => {
    await using broker = await aedes({ noSubscribers: true })
    const { errors } = await flood(broker, { connections: 1, probe: mqtt({ topic: 'floods/%c', clientId: 'one%i' }) })
    expect(errors).toEqual({
      SESSION_FAILED: {
        count: 1,
        samples: ['Error: the broker refused SUBSCRIBE to floods/one0: unspecified error (128)'],
      },
    })
  })

  test('says that it speaks another version', async () => {
    await using broker = await aedes()
    const { errors } = await flood(broker, { connections: 1, probe: mqtt({ topic: 'floods', protocolVersion: 5 }) })
    expect(errors['SESSION_FAILED']?.samples).toEqual([
      'Error: the broker refused CONNECT: unacceptable protocol version (1); set protocolVersion to one that the broker speaks',
    ])
  })

  test('says goodbye', async () => {
    await using broker = await aedes()
    await flood(broker, { connections: 3, pings: 10, probe: mqtt({ topic: 'floods' }) })
    expect(broker.goodbyes).toBe(3)
  })
})

describe.skipIf(noMosquitto !== undefined)('mqtt against mosquitto', () => {
  const five = { topic: 'floods', qos: 1, protocolVersion: 5 } as const

  test('fails with what it may not publish', async () => {
    await using broker = await mosquitto({ acl: ['topic read #'] })
    const { errors, pings } = await floodAt(broker.url, { connections: 2, pings: 20, probe: mqtt(five) })
    expect(pings).toMatchObject({ sent: 20, lost: 20 })
    const cure = 'set username and password to those of a user of the broker who may do this'
    expect(errors).toEqual({ ERROR_ANSWER: { count: 20, samples: [`PUBACK: not authorized (135); ${cure}`] } })
  })

  test('leaves no more unacknowledged than it takes', async () => {
    await using broker = await mosquitto({ lines: ['max_inflight_messages 5'] })
    const { errors, pings } = await floodAt(broker.url, {
      connections: 1,
      inFlight: 8,
      duration: 300,
      probe: mqtt(five),
    })
    expect(Object.keys(errors)).toEqual(['PROBE_REQUEST_FAILED'])
    expect(errors['PROBE_REQUEST_FAILED']!.samples).toEqual([
      'RangeError: the broker takes 5 unacknowledged publishes of a connection; take more connections, or a lower inFlight or rate',
    ])
    expect(pings.answered).toBeGreaterThan(0)
    expect(pings.answered).toBe(pings.sent)
  })

  test('keeps to the keep-alive that it asks for', async () => {
    await using broker = await mosquitto({ lines: ['max_keepalive 10'] })
    const probe = mqtt({ ...five, keepAlive: '60s' })
    const { errors } = await floodAt(broker.url, { connections: 1, rate: 0.1, duration: 7_500, probe })
    expect(errors).toEqual({})
    expect(broker.log()).toContain('Received PINGREQ')
  })

  test('takes no acknowledgement for that of another message when packet identifiers begin anew', async () => {
    await using broker = await mosquitto()
    const pings = 66_000
    const result = await floodAt(broker.url, {
      connections: 1,
      inFlight: 64,
      pings,
      probe: mqtt({ topic: 'a', qos: 1 }),
    })
    expect(result.errors).toEqual({})
    expect(result.pings).toMatchObject({ sent: pings, answered: pings })
    expect(result.messages.unsolicited).toBe(0)
  })
})

test('a broker that says why it ends a connection is quoted', async () => {
  const five = { protocolVersion: 5 } as const
  await using server = await answering((message, send) => {
    const { cmd } = readPacket(message, five)
    if (cmd === 'connect') send(writePacket({ cmd: 'connack', reasonCode: 0, sessionPresent: false }, five))
    else if (cmd === 'publish') send(writePacket({ cmd: 'disconnect', reasonCode: 142 }, five))
  })
  const probe = mqtt({ topic: 'floods', qos: 1, ...five })
  const { errors, connections } = await flood(server, { connections: 1, duration: 5_000, probe })
  const words = 'DISCONNECT: session taken over (142); another client has the same clientId'
  expect(errors).toEqual({ CLOSE_1000: { count: 1, samples: [`closed by the protocol: ${words}`] } })
  expect(connections.closedEarly).toBe(1)
})

test('an endpoint that echoes is no broker', async () => {
  await using server = await echoing()
  const { errors } = await flood(server, { connections: 1, probe: mqtt({ topic: 'floods' }) })
  expect(errors['SESSION_FAILED']?.samples).toEqual(['Error: expected CONNACK from the broker, got CONNECT'])
})

test('an endpoint that says nothing is no broker', async () => {
  await using server = await silent()
  const probe = mqtt({ topic: 'floods' })
  const { errors } = await flood(server, { connections: 1, sessionTimeout: 100, probe })
  expect(errors['SESSION_TIMEOUT']?.samples).toEqual([
    expect.stringContaining('; take the URL of a listener for MQTT over WebSocket'),
  ])
})

describe('options', () => {
  test('that are wrong are one error', () => {
    const wrong = {
      topic: 'a/#',
      qos: 2,
      payload: 5,
      clientId: '',
      password: 1234,
      protocolVersion: 3,
      keepAlive: 60,
      userName: 'me',
    } as never
    expect(() => mqtt(wrong)).toThrow(
      expect.objectContaining({
        code: 'WSLOAD_ERR_INVALID_OPTIONS',
        message: `mqtt: 8 options are wrong
  topic: expected the name of a topic, without wildcards, got "a/#"
  qos: expected 0 or 1, got 2
  payload: expected a text or a Uint8Array, got 5
  clientId: expected a text, got ""
  password: expected a text, got a number
  protocolVersion: expected 4 (MQTT 3.1.1) or 5 (MQTT 5.0), got 3
  keepAlive: expected whole seconds like '60s', up to '65535s', got 60 ms
  userName: no such option, did you mean "username"?`,
      }),
    )
  })

  test('have a user with a password in MQTT 3.1.1', () => {
    expect(() => mqtt({ topic: 'a', password: 'secret' })).toThrow('username: expected one with a password')
    expect(mqtt({ topic: 'a', password: 'secret', protocolVersion: 5 }).data.password).toBe('secret')
  })

  test('have defaults', () => {
    expect(mqtt({ topic: 'a' })).toEqual({
      protocol: new URL('../../src/protocols/mqtt.ts', import.meta.url),
      data: { topic: 'a', qos: 0, payload: '', clientId: 'wsload', protocolVersion: 4, keepAlive: 60_000 },
    })
  })
})

test('is kept alive while a broker takes its time for a subscription', async () => {
  const version = { protocolVersion: 4 } as const
  let beats = 0
  await using server = await answering((message, send) => {
    const { cmd } = readPacket(message, version)
    if (cmd === 'connect') send(writePacket({ cmd: 'connack', returnCode: 0, sessionPresent: false }, version))
    if (cmd === 'pingreq') {
      beats++
      send(writePacket({ cmd: 'pingresp' }, version))
    }
    if (cmd === 'subscribe') {
      setTimeout(() => send(writePacket({ cmd: 'suback', messageId: 1, granted: [0] }, version)), 1_500)
    }
  })
  const probe = mqtt({ topic: 'prices', keepAlive: '1s' })
  const { errors, connections } = await flood(server, { connections: 1, rate: 10, duration: 300, timeout: 300, probe })
  expect(errors).toEqual({})
  expect(connections).toMatchObject({ opened: 1, closedEarly: 0 })
  expect(beats).toBeGreaterThan(0)
})
