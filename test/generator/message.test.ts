import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { chatting } from '../support/chat.ts'
import { flood } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { answering, broadcasting, echoing } from '../support/servers.ts'

const heartbeat = { every: 300, patience: 1_000 }
/** Idle while others log in, then a second of warm-up, two of measuring, and as long to drain as an answer takes. */
const longEnough = { connections: 3, sessionRate: 2, warmup: '1s', duration: '2s' } as const

/** A protocol of an echo that says so of each message it hears. */
async function telling(message: string, others = ''): Promise<NonNullable<WsLoadOptions['probe']>> {
  const source = `export default {\n  message: ${message},\n  request: String, reply: Number,\n ${others} }`
  return { protocol: await moduleFile(source, 'telling.protocol.mjs') }
}

/** Says back on the connection what it hears. */
const retelling = `(message, { connection, state, data, index }) =>
  connection.send(JSON.stringify({ message, state, data, index }))`

/** What a server was told besides pings, which are numbers. */
async function toldTo(
  probe: NonNullable<WsLoadOptions['probe']>,
  answer: (message: string, send: (message: string) => void) => void,
): Promise<{ told: string[]; result: Awaited<ReturnType<typeof flood>> }> {
  const told: string[] = []
  await using server = await answering((payload, send) => {
    const message = String(payload)
    if (/^\d+$/.test(message)) answer(message, send)
    else told.push(message)
  })
  return { result: await flood(server, { connections: 1, pings: 3, probe }), told }
}

describe('heartbeats', () => {
  test('are answered while others log in, in warm-up, measurement and drain', async () => {
    await using server = await chatting({ heartbeat, answersAfter: 1_200 })
    const protocol = new URL('../support/beating-chat.protocol.ts', import.meta.url)
    const { pings, errors, connections } = await flood(server, { ...longEnough, probe: { protocol } })
    expect(errors).toEqual({})
    expect(connections).toMatchObject({ opened: 3, closedEarly: 0 })
    expect(pings.answered).toBe(pings.sent)
    expect(pings.answered).toBeGreaterThan(0)
    // Each outlived the patience of the server more than three times.
    expect(Math.min(...server.beats.values())).toBeGreaterThan((3 * heartbeat.patience) / heartbeat.every)
    expect(server.closes.map(({ code }) => code)).toEqual([1000, 1000, 1000])
  })

  test('end connections that do not answer them', async () => {
    await using server = await chatting({ heartbeat, answersAfter: 1_200 })
    const protocol = new URL('../support/chat.protocol.ts', import.meta.url)
    const { errors } = await flood(server, { ...longEnough, probe: { protocol } })
    expect(errors['CLOSE_4408']).toEqual({ count: 3, samples: ['ping timeout'] })
  })
})

describe('a message', () => {
  test('that answers no ping is heard, with all that is known of its connection', async () => {
    const probe = await telling(retelling, `session: () => 'logged in', data: { room: 7 }`)
    const { told, result } = await toldTo(probe, (message, send) => {
      // Behind the last answer it might come when the run is over.
      send('news')
      send(message)
    })
    expect(told).toHaveLength(3)
    expect(JSON.parse(told[0]!)).toEqual({ message: 'news', state: 'logged in', data: { room: 7 }, index: 0 })
    expect(result.messages).toEqual({ received: 6, unsolicited: 3, surplus: 0, afterLastAnswer: 0 })
    expect(result.pings).toMatchObject({ sent: 3, answered: 3 })
  })

  test('whose id is of no ping of the connection is heard', async () => {
    const { told } = await toldTo(await telling(retelling), (message, send) => {
      send('1000000')
      send(message)
    })
    expect(told.map((one) => (JSON.parse(one) as { message: string }).message)).toEqual([
      '1000000',
      '1000000',
      '1000000',
    ])
  })

  test('that answers a ping a second time is none that nobody asked for', async () => {
    const { told, result } = await toldTo(await telling(retelling), (message, send) => {
      send(message)
      send(message)
    })
    expect(told).toEqual([])
    expect(result.messages.unsolicited).toBe(0)
  })

  test('on which reply fails is heard as well', async () => {
    const probe = await telling(retelling, `reply: (message) => JSON.parse(message)`)
    const { told, result } = await toldTo(probe, (message, send) => {
      send('no JSON')
      send(message)
    })
    expect(told).toHaveLength(3)
    expect(result.errors['PROBE_REPLY_FAILED']?.count).toBe(3)
    expect(result.pings.answered).toBe(3)
  })

  test('that a session has not received is heard when that is over, with its state', async () => {
    const session = `async ({ send, receive }) => {
      for (const word of ['1', '"two"', '"three"']) send(word)
      return { received: await receive((message) => message === '"three"') }
    }`
    const told: string[] = []
    await using server = await answering((payload, send) => {
      if (String(payload).startsWith('{')) told.push(String(payload))
      else send(payload)
    })
    const { messages, pings } = await flood(server, {
      connections: 1,
      pings: 4,
      probe: await telling(retelling, `session: ${session}`),
    })
    expect(told.map((one) => JSON.parse(one) as unknown)).toEqual(
      ['1', '"two"'].map((message) => ({ message, state: { received: '"three"' }, index: 0 })),
    )
    expect(messages).toMatchObject({ received: 7, unsolicited: 2 })
    expect(pings.answered).toBe(4)
  })

  test('of others is heard, and the verdict is none of a surplus', async () => {
    await using server = await broadcasting()
    const { pings, messages, errors } = await flood(server, {
      connections: 3,
      pings: 30,
      probe: await telling(`(message) => { if (!/^\\d+$/.test(message)) throw new Error(message) }`),
    })
    expect(pings).toMatchObject({ sent: 30, answered: 30 })
    expect(messages.unsolicited).toBeGreaterThan(0)
    expect(messages.surplus).toBe(0)
    expect(errors).toEqual({})
  })

  test('may end the connection', async () => {
    const probe = await telling(`(message, { connection }) => connection.close(4001)`)
    await using server = await answering((_message, send) => send('go away'))
    const { errors, connections, ended } = await flood(server, { connections: 1, duration: 10_000, probe })
    expect(errors).toEqual({ CLOSE_4001: { count: 1, samples: ['closed by the protocol'] } })
    expect(connections).toMatchObject({ opened: 1, closedEarly: 1 })
    expect(ended).toBe('disconnected')
  })

  test('may end the connection with a reason, of which the server hears what a close frame holds', async () => {
    const reason = `no such room: ${'ö'.repeat(100)}`
    const probe = await telling(`(message, { connection }) => connection.close(4001, '${reason}')`)
    await using server = await answering((_message, send) => send('go away'))
    const { errors } = await flood(server, { connections: 1, duration: 10_000, probe })
    expect(errors).toEqual({ CLOSE_4001: { count: 1, samples: [`closed by the protocol: ${reason}`] } })
    expect(server.closes).toEqual([{ code: 4001, reason: `no such room: ${'ö'.repeat(54)}` }])
  })
})

test.for([
  ['throws', `(message) => { throw new Error('cannot read ' + message) }`],
  ['rejects', `async (message) => { throw new Error('cannot read ' + message) }`],
])('a function that %s is a fault with file and line, and the flood goes on', async ([, message]) => {
  const { result } = await toldTo(await telling(message!), (text, send) => {
    send('"news"')
    send(text)
  })
  expect(result.errors).toEqual({
    PROBE_MESSAGE_FAILED: {
      count: 3,
      samples: [expect.stringMatching(/^Error: cannot read "news" \(telling\.protocol\.mjs:2:\d+\)$/)],
    },
  })
  expect(result.pings.answered).toBe(3)
})

test('messages are not heard once the run is over', async () => {
  await using server = await echoing()
  const probe = await telling(`(message, { connection }) => connection.send(message)`)
  const { messages } = await flood(server, { connections: 2, pings: 10, probe })
  expect(messages.unsolicited).toBe(0)
})
