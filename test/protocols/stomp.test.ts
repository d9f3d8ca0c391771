import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { stomp } from '../../src/protocols/index.ts'
import { frame, readFrame } from '../../src/protocols/stomp-frame.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { flood, floodAt } from '../support/flood.ts'
import { type RabbitServer, rabbitmq, rabbitmqMissing } from '../support/rabbitmq.ts'
import type { Progress } from '../../src/run/progress.ts'
import { fanOut, run } from '../support/run.ts'
import { echoing, silent } from '../support/servers.ts'
import { receipting, subscribingSlowly } from '../support/stomp.ts'

const noRabbit = rabbitmqMissing()
if (noRabbit !== undefined) console.warn(`Skipping tests: ${noRabbit}`)

/** Beyond what any machine takes. */
const slo = { max: '< 20s', errorRate: '<= 0', 'session.max': '< 20s' }
const load = { connections: 4, threads: 2, inFlight: 3, pings: 200 } as const
const guest = { login: 'guest', passcode: 'guest' } as const

describe.skipIf(noRabbit !== undefined)('stomp against RabbitMQ', () => {
  let broker: RabbitServer

  beforeAll(async () => {
    broker = await rabbitmq()
  })
  afterAll(() => broker[Symbol.asyncDispose]())

  test.for([
    ['receipts', { destination: '/topic/floods' }],
    ['its own subscription', { destination: '/topic/floods.%i.%c', answer: 'message' }],
    ['receipts for bytes', { destination: '/topic/floods', body: Uint8Array.of(0, 10, 10, 0) }],
    [
      'its own subscription to bytes',
      { destination: '/topic/floods.%c', answer: 'message', body: Uint8Array.of(0, 10, 10, 0) },
    ],
    [
      'its own subscription with names that have to be escaped',
      { destination: '/topic/a:b\\c.%c', answer: 'message', headers: { 'one:\\': 'two:\\\n' } },
    ],
  ] as const)('is answered by %s', async ([, options]) => {
    const result = await floodAt(broker.url, { ...load, probe: stomp({ body: 'hello', ...guest, ...options }) })
    expect(result.errors).toEqual({})
    expect(result.pings).toMatchObject({ sent: 200, answered: 200 })
    expect(result.messages).toMatchObject({ unsolicited: 0 })
    expect(evaluateSLO(result, slo).verdict).toBe('pass')
  })

  test('is a topic whose messages reach all subscribers', async () => {
    const protocol = stomp.topic({ destination: '/topic/rooms.%r', ...guest })
    const load = { subscribers: 12, publishers: 2, rooms: 2, rate: '40/s', duration: '1s', warmup: '100ms' } as const
    const summary = await fanOut({ ...load, url: broker.url, protocol })
    expect(summary.errors).toEqual({})
    expect(summary).toMatchObject({ expected: 240, delivered: 240, duplicates: 0, outOfOrder: 0 })
  })

  test('sends body and headers as they are', async () => {
    const socket = await subscribed(broker.url, '/topic/read')
    const received = once(socket, 'message') as Promise<[Buffer]>
    const headers = { 'content-type': 'text/plain', 'a:b': 'c\\n\nd' }
    const probe = stomp({ destination: '/topic/read', body: 'grün', headers, ...guest })
    await floodAt(broker.url, { connections: 1, pings: 1, probe })
    const message = readFrame(String((await received)[0]))!
    socket.close()
    expect(message).toMatchObject({ command: 'MESSAGE', body: 'grün' })
    expect(Object.fromEntries(message.headers)).toMatchObject({ ...headers, destination: '/topic/read' })
  })

  test.for([
    ['a wrong passcode', { passcode: 'open sesame' }, `Access refused for user 'guest'`],
    ['a login that it does not know', { login: 'user-%i' }, `Access refused for user 'user-0'`],
    ['a virtual host that it does not have', { host: 'floods' }, `Virtual host 'floods' access denied`],
  ] as const)('says so of %s', async ([, wrong, words]) => {
    const probe = stomp({ destination: '/topic/floods', ...guest, ...wrong })
    const result = await floodAt(broker.url, { connections: 1, probe })
    const cure = 'set login, passcode and host to what the broker knows'
    expect(result.errors).toEqual({
      SESSION_FAILED: { count: 1, samples: [`Error: ERROR: Bad CONNECT: ${words}; ${cure}`] },
    })
    expect(result.connections).toMatchObject({ opened: 0, failedSessions: 1 })
    expect(evaluateSLO(result, slo).verdict).not.toBe('pass')
  })

  test('says so of a destination that it does not have', async () => {
    const probe = stomp({ destination: '/floods/1', ...guest })
    const { errors, connections, pings } = await floodAt(broker.url, { connections: 2, duration: 5_000, probe })
    expect(errors).toEqual({
      CLOSE_1000: {
        count: 2,
        samples: [
          expect.stringMatching(/^closed by the protocol: ERROR: Unknown destination: '\/floods\/1' is not a valid/),
        ],
      },
    })
    expect(connections).toMatchObject({ opened: 2, closedEarly: 2 })
    expect(pings).toMatchObject({ answered: 0, lost: pings.sent })
  })

  test('says so of a destination that it may not subscribe to', async () => {
    const probe = stomp({ destination: '/floods/%c', answer: 'message', ...guest })
    const { errors } = await floodAt(broker.url, { connections: 1, probe })
    expect(errors['SESSION_FAILED']?.samples).toEqual([
      expect.stringMatching(
        /^Error: ERROR: Unknown destination: .*; set destination to one that this user may subscribe to$/,
      ),
    ])
  })

  test('says what to do where it is not spoken', async () => {
    const probe = stomp({ destination: '/topic/floods', ...guest })
    const { errors } = await floodAt(broker.url, { connections: 1, protocols: 'chat', probe })
    expect(errors['HANDSHAKE_INVALID']?.samples).toEqual([
      'Server sent no subprotocol; take the URL of a listener for STOMP over WebSocket, and leave out the option protocols',
    ])
  })

  test('keeps up heart-beats where it has nothing to say', async () => {
    const life = await lifeOfTheSilent(broker.url)
    expect(life).toBeLessThan(10_000)
    const { errors, connections, messages, pings } = await floodAt(broker.url, {
      connections: 2,
      // The first waits for the second to log in, then both have little to say.
      sessionRate: 0.5,
      rate: 0.5,
      duration: 3 * life,
      probe: stomp({ destination: '/topic/floods', ...guest, heartBeat: '1s' }),
    })
    expect(errors).toEqual({})
    expect(connections).toMatchObject({ opened: 2, closedEarly: 0 })
    expect(pings.answered).toBe(pings.sent)
    // Those of the broker.
    expect(messages.unsolicited).toBeGreaterThan(2)
  })

  test('outlives no broker', async () => {
    await using mortal = await rabbitmq()
    const probe = stomp({ destination: '/topic/floods', ...guest })
    const killWhenMeasuring = ({ phase }: Progress): void => {
      if (phase === 'measuring') void mortal[Symbol.asyncDispose]()
    }
    const options = { url: mortal.url, connections: 2, duration: 60_000, warmup: 0, probe }
    const { errors, connections, ended } = await run(options, { every: 100, report: killWhenMeasuring })
    expect(connections).toMatchObject({ opened: 2, closedEarly: 2 })
    expect(Object.keys(errors).join()).toMatch(/^(?:CLOSE_\d+|ECONNRESET|,)+$/)
    expect(ended).toBe('disconnected')
  })
})

/** A connection that is subscribed to a destination. */
async function subscribed(url: string, destination: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'v12.stomp')
  await once(socket, 'open')
  socket.send(frame('CONNECT', { 'accept-version': '1.2', host: '/', ...guest }))
  await once(socket, 'message')
  socket.send(frame('SUBSCRIBE', { id: '0', destination, receipt: 'subscribed' }))
  await once(socket, 'message')
  return socket
}

/** How long a broker bears a client that promised a heart-beat every second and sends none, in ms. */
async function lifeOfTheSilent(url: string): Promise<number> {
  const socket = new WebSocket(url, 'v12.stomp')
  await once(socket, 'open')
  socket.send(frame('CONNECT', { 'accept-version': '1.2', host: '/', 'heart-beat': '1000,0', ...guest }))
  const began = performance.now()
  await once(socket, 'close')
  return performance.now() - began
}

test.for([
  ['cut at every byte', { every: 1 }],
  ['cut at every byte, with carriage returns', { every: 1, lineEnd: '\r\n' }],
  ['whole', {}],
] as const)('understands frames that come %s', async ([, options]) => {
  await using server = await receipting(options)
  const { errors, pings } = await flood(server, {
    connections: 2,
    inFlight: 3,
    pings: 60,
    probe: stomp({ destination: '/topic/floods' }),
  })
  expect(errors).toEqual({})
  expect(pings).toMatchObject({ sent: 60, answered: 60 })
})

test('a server that does not keep its heart-beats is taken for dead', async () => {
  await using server = await receipting({ heartBeat: '300,0' })
  const probe = stomp({ destination: '/topic/floods', heartBeat: '100ms' })
  const { errors, connections } = await flood(server, { connections: 1, rate: 0.1, duration: 5_000, probe })
  const words = 'nothing came for 600 ms, the server had promised a heart-beat every 300 ms'
  expect(errors).toEqual({ CLOSE_1000: { count: 1, samples: [`closed by the protocol: ${words}`] } })
  expect(connections.closedEarly).toBe(1)
})

test('heart-beats are kept up while a broker takes its time for a subscription', async () => {
  await using server = await subscribingSlowly()
  const probe = stomp({ destination: '/topic/floods.%c', answer: 'message', heartBeat: '100ms' })
  const { errors, connections } = await flood(server, { connections: 1, rate: 10, duration: 300, timeout: 300, probe })
  expect(errors).toEqual({})
  expect(connections).toMatchObject({ opened: 1, closedEarly: 0 })
})

test('an endpoint that echoes is no broker', async () => {
  await using server = await echoing()
  const { errors } = await flood(server, { connections: 1, probe: stomp({ destination: 'a' }) })
  expect(errors['SESSION_FAILED']?.samples).toEqual(['Error: expected CONNECTED from the broker, got CONNECT'])
})

test('an endpoint that says nothing is no broker', async () => {
  await using server = await silent()
  const probe = stomp({ destination: 'a' })
  const { errors } = await flood(server, { connections: 1, sessionTimeout: 100, probe })
  expect(errors['SESSION_TIMEOUT']?.samples).toEqual([
    expect.stringContaining('; take the URL of a listener for STOMP over WebSocket'),
  ])
})

describe('options', () => {
  test('that are wrong are one error', () => {
    const wrong = {
      destination: '',
      body: 5,
      headers: { receipt: '1', tries: 3 },
      answer: 'ack',
      login: 'a\nb',
      passcode: 1234,
      host: 7,
      heartBeat: '250us',
      destinaton: 'a',
    } as never
    expect(() => stomp(wrong)).toThrow(
      expect.objectContaining({
        code: 'WSLOAD_ERR_INVALID_OPTIONS',
        message: `stomp: 10 options are wrong
  destination: expected a destination like '/topic/prices', got ""
  body: expected a text or a Uint8Array, got 5
  headers.receipt: expected a header other than destination, content-length, receipt, correlation-id, transaction, got "receipt"
  headers.tries: expected a text, got 3
  answer: expected 'receipt' or 'message', got "ack"
  login: expected a text of one line, got "a\\nb"
  passcode: expected a text, got a number
  host: expected a text, got 7
  heartBeat: expected whole milliseconds, got 250 µs
  destinaton: no such option, did you mean "destination"?`,
      }),
    )
  })

  test('have a destination for each connection where the message answers', () => {
    expect(() => stomp({ destination: '/topic/a', answer: 'message' })).toThrow('destination: expected %c in it')
  })

  test('have defaults', () => {
    expect(stomp({ destination: 'a' })).toEqual({
      protocol: new URL('../../src/protocols/stomp.ts', import.meta.url),
      data: { destination: 'a', body: '', headers: {}, answer: 'receipt', host: '/', heartBeat: 10_000 },
    })
  })
})
