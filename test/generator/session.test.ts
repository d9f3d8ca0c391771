import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { observeRun } from '../../src/slo/observation.ts'
import { readPercentile } from '../../src/slo/reading.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { chatting, goodToken } from '../support/chat.ts'
import { connectionTotals } from '../support/connection-totals.ts'
import { flood } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { echoing, limited, refusing, vanishing } from '../support/servers.ts'
import { onRequest, serveWebSockets } from '../support/ws-server.ts'

const chat = new URL('../support/chat.protocol.ts', import.meta.url)
const strictChat = new URL('../support/strict-chat.protocol.ts', import.meta.url)
const wrong = { token: 'open sesame' }

/** On one objective, whatever becomes of the others. */
function verdictOn(result: LoadResult, indicator: string, bound: string): string {
  return evaluateSLO(result, { [indicator]: bound }).objectives[0]!.verdict
}

/** A protocol of an echo whose session is this function. */
async function echoAfter(session: string, others = ''): Promise<NonNullable<WsLoadOptions['probe']>> {
  const protocol = await moduleFile(
    `export default {\n  session: ${session},\n  request: String, reply: Number,\n ${others} }`,
    'echo.protocol.mjs',
  )
  return { protocol }
}

describe('a session', () => {
  test('goes on where one of those that wait cannot read what another waits for', async () => {
    await using server = await echoing()
    const probe = await echoAfter(`async (connection) => {
      connection.send('42')
      const unreadable = () => { throw new Error('unreadable') }
      const [first, second] = await Promise.allSettled([connection.receive(unreadable), connection.receive()])
      if (first.status !== 'rejected' || second.value !== '42') throw new Error('it was not received')
    }`)
    expect(await flood(server, { connections: 1, pings: 5, probe })).toMatchObject({
      pings: { answered: 5 },
      errors: {},
    })
  })

  test('logs each connection in as a user of its own before the first ping, over all threads', async () => {
    await using server = await chatting()
    const probe = { protocol: chat, data: { token: goodToken } }
    const { pings, errors, connections, session, messages } = await flood(server, {
      connections: 6,
      threads: 2,
      pings: 120,
      probe,
    })
    expect(server.users.toSorted((one, other) => one.localeCompare(other))).toEqual(
      [0, 1, 2, 3, 4, 5].map((index) => `user-${index}`),
    )
    expect(pings).toMatchObject({ sent: 120, answered: 120 })
    expect(errors).toEqual({})
    expect(connections).toEqual(connectionTotals({ requested: 6 }))
    expect(session.count).toBe(6)
    expect(messages).toMatchObject({ received: 126, unsolicited: 0 })
  })

  test('works where messages are compressed', async () => {
    await using server = await chatting({ perMessageDeflate: true })
    const { pings, errors } = await flood(server, {
      connections: 2,
      pings: 20,
      probe: { protocol: chat },
      perMessageDeflate: true,
    })
    expect(pings).toMatchObject({ sent: 20, answered: 20 })
    expect(errors).toEqual({})
  })

  test('is as long as the server takes, in a bracket', async () => {
    await using server = await chatting({ welcomesAfter: 60 })
    const result = await flood(server, { connections: 2, pings: 10, probe: { protocol: chat } })
    const { floor, ceiling } = readPercentile(observeRun(result), 'session', 100)
    expect(ceiling).toBeGreaterThanOrEqual(59.9)
    expect(floor).toBeLessThanOrEqual(ceiling)
  })

  test('receives what matches, and keeps the rest for later', async () => {
    await using server = await echoing()
    const probe = await echoAfter(`async (connection) => {
      for (const word of ['one', 'two', 'three']) connection.send(word)
      connection.send(Uint8Array.of(7))
      const found = [String(await connection.receive((message) => message === 'three'))]
      for await (const message of connection.messages()) {
        found.push(typeof message === 'string' ? message : message[0])
        if (found.length === 4) break
      }
      if (found.join() !== 'three,one,two,7') throw new Error(found.join())
    }`)
    const { errors, pings } = await flood(server, { connections: 2, pings: 10, probe })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(10)
  })

  test('may wait for several messages at once', async () => {
    await using server = await echoing()
    const probe = await echoAfter(`async (connection) => {
      const both = Promise.all(['two', 'one'].map((word) => connection.receive((message) => message === word)))
      connection.send('one')
      connection.send('two')
      if (String(await both) !== 'two,one') throw new Error(String(await both))
    }`)
    const { errors } = await flood(server, { connections: 1, pings: 2, probe })
    expect(errors).toEqual({})
  })

  test('that waits for nothing is over at once', async () => {
    await using server = await echoing()
    const { session, pings } = await flood(server, { connections: 3, pings: 9, probe: await echoAfter('() => 5') })
    expect(session.count).toBe(3)
    expect(pings.answered).toBe(9)
  })

  test('may leave behind who still waits', async () => {
    await using server = await echoing()
    const probe = await echoAfter(`(connection) => {
      void connection.receive()
      void (async () => { await connection.receive() })()
      void (async () => { for await (const message of connection.messages()) throw new Error(message) })()
    }`)
    const { errors, pings } = await flood(server, { connections: 2, pings: 10, probe })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(10)
  })
})

describe('sessions begin', () => {
  test('at their rate, over all threads', async () => {
    const began: number[] = []
    await using server = await serveWebSockets({}, (socket) => {
      socket.once('message', () => began.push(performance.now()))
      onRequest(socket, (answer) => answer())
    })
    const probe = await echoAfter(`(connection) => { connection.send('1') }`)
    await flood(server, { connections: 16, threads: 2, pings: 16, probe, sessionRate: 20 })
    expect(began).toHaveLength(16)
    // Eight in each thread, one every 100 ms, of which the first may be seen late.
    expect(began.at(-1)! - began[0]!).toBeGreaterThan(150)
  })

  test('all before the first ping', async () => {
    await using server = await chatting()
    await flood(server, { connections: 4, pings: 40, probe: { protocol: chat }, sessionRate: 20 })
    expect(server.messageSizes.slice(0, 4).every((size) => size > 45)).toBe(true)
    expect(server.messageSizes).toHaveLength(44)
  })
})

describe('a session fails', () => {
  test('by what the user throws, with file and line', async () => {
    await using server = await chatting({ refuses: 'both' })
    const { errors, connections, connectErrorRate, pings, ended } = await flood(server, {
      connections: 3,
      probe: { protocol: strictChat, data: wrong },
    })
    expect(errors).toEqual({
      SESSION_FAILED: { count: 3, samples: ['Error: no such token: masked (strict-chat.protocol.ts:17:40)'] },
    })
    expect(connections).toEqual(connectionTotals({ requested: 3, failed: 3, failedSessions: 3 }))
    expect(connectErrorRate).toBe(1)
    expect(pings.sent).toBe(0)
    expect(ended).toBe('disconnected')
  })

  test("by the server's close, which is counted with its code, and where the session waited", async () => {
    await using server = await chatting({ refuses: 'close' })
    const { errors, connections } = await flood(server, {
      connections: 2,
      probe: { protocol: strictChat, data: wrong },
    })
    expect(errors).toEqual({
      CLOSE_4401: { count: 2, samples: ['wrong token masked'] },
      SESSION_FAILED: {
        count: 2,
        samples: ['its connection ended with CLOSE_4401: wrong token masked (strict-chat.protocol.ts:16:53)'],
      },
    })
    expect(connections).toMatchObject({ opened: 0, failed: 2, failedSessions: 2, closedEarly: 0 })
  })

  test('when it is not over in time, with where it waits and what the server has said', async () => {
    await using server = await chatting({ refuses: 'words' })
    const options = { connections: 2, probe: { protocol: chat, data: wrong }, sessionTimeout: 1_000 }
    const { errors } = await flood(server, options)
    expect(errors).toEqual({
      SESSION_TIMEOUT: {
        count: 2,
        samples: [
          'not over after 1000 ms, waits for a message (chat.protocol.ts:14:38); of 1 that it has not received, the last: ' +
            '"{\\"type\\":\\"error\\",\\"message\\":\\"no such token: masked\\"}"',
        ],
      },
    })
  })

  test('when the server never welcomes', async () => {
    await using server = await chatting({ welcomesAfter: Infinity })
    const { errors } = await flood(server, { connections: 2, probe: { protocol: chat }, sessionTimeout: 100 })
    expect(errors).toEqual({
      SESSION_TIMEOUT: { count: 2, samples: ['not over after 100 ms, waits for a message (chat.protocol.ts:14:38)'] },
    })
  })

  test('where it never waits for the server at all', async () => {
    await using server = await echoing()
    const options = { connections: 1, probe: await echoAfter('() => new Promise(() => {})'), sessionTimeout: 100 }
    const { errors } = await flood(server, options)
    expect(errors).toEqual({ SESSION_TIMEOUT: { count: 1, samples: ['not over after 100 ms'] } })
  })

  test('when it ends its connection', async () => {
    await using server = await echoing()
    const options = { connections: 1, probe: await echoAfter('(connection) => connection.close(4000)') }
    const { errors } = await flood(server, options)
    expect(errors).toEqual({
      CLOSE_4000: { count: 1, samples: ['closed by the protocol'] },
      SESSION_FAILED: { count: 1, samples: ['its connection ended with CLOSE_4000: closed by the protocol'] },
    })
    expect(server.closes).toEqual([{ code: 4000, reason: '' }])
  })

  test('by a match that throws', async () => {
    await using server = await echoing()
    const probe = await echoAfter(`async (connection) => {
    connection.send('no JSON')
    await connection.receive((message) => JSON.parse(message).type === 'welcome')
  }`)
    const { errors } = await flood(server, { connections: 1, probe })
    expect(errors['SESSION_FAILED']?.samples).toEqual([
      expect.stringMatching(/^SyntaxError: .*no JSON.* \(echo\.protocol\.mjs:4:48\)$/),
    ])
  })

  test('by sending what is no message', async () => {
    await using server = await echoing()
    const { errors } = await flood(server, {
      connections: 1,
      probe: await echoAfter('(connection) => connection.send({ type: "login" })'),
    })
    expect(errors['SESSION_FAILED']?.samples).toEqual([
      'TypeError: send() was given object, neither a text nor a Uint8Array (echo.protocol.mjs:2:39)',
    ])
  })

  test('where the connection breaks off', async () => {
    await using server = await vanishing({ after: { answers: 1 } })
    const probe = await echoAfter(`async (connection) => {
      connection.send('hello')
      await connection.receive(() => false)
    }`)
    const { errors, connections } = await flood(server, { connections: 1, probe })
    expect(Object.keys(errors).toSorted((one, other) => one.localeCompare(other))).toEqual([
      'CLOSE_1006',
      'SESSION_FAILED',
    ])
    expect(connections).toMatchObject({ failed: 1, failedSessions: 1, reconnects: 0, failedReconnects: 0 })
  })

  test('for some, and the others go on', async () => {
    await using server = await echoing()
    const probe = await echoAfter(`(_connection, { index }) => { if (index === 1) throw new Error('not you') }`)
    const { connections, pings, handshake, session } = await flood(server, { connections: 3, pings: 20, probe })
    expect(connections).toEqual(connectionTotals({ requested: 3, failed: 1, failedSessions: 1 }))
    expect(pings).toMatchObject({ sent: 20, answered: 20 })
    expect([handshake.count, session.count]).toEqual([3, 2])
  })
})

describe('an SLO on sessions', () => {
  test('is met and missed by how long they take', async () => {
    await using server = await chatting({ welcomesAfter: 1_000 })
    const result = await flood(server, { connections: 4, pings: 40, probe: { protocol: chat } })
    expect(evaluateSLO(result, { 'session.max': '< 20s', opened: '>= 4' }).verdict).toBe('pass')
    expect(evaluateSLO(result, { 'session.max': '< 500ms' }).verdict).toBe('fail')
  })

  test('takes a failed session as endless, and no handshake for it', async () => {
    await using server = await echoing()
    const probe = await echoAfter(`(_connection, { index }) => { if (index === 1) throw new Error('not you') }`)
    const result = await flood(server, { connections: 3, pings: 20, probe })
    expect(readPercentile(observeRun(result), 'session', 99).measured).toBe(Infinity)
    expect(readPercentile(observeRun(result), 'handshake', 99).measured).toBeLessThan(Infinity)
    expect(verdictOn(result, 'session.max', '< 20s')).toBe('fail')
    expect(verdictOn(result, 'handshake.max', '< 20s')).toBe('pass')
    expect(evaluateSLO(result, { connectErrorRate: '< 20%' }).verdict).not.toBe('pass')
  })

  test.for(['session.max', 'errorRate', 'p99', 'connectErrorRate'])(
    'is never met where all failed: %s',
    async (indicator) => {
      await using server = await chatting()
      const result = await flood(server, { connections: 2, probe: { protocol: strictChat, data: wrong } })
      const limit = indicator.endsWith('Rate') ? '99%' : '1h'
      expect(evaluateSLO(result, { [indicator]: `< ${limit}` }).verdict).not.toBe('pass')
    },
  )
})

test('a connection that never opens has no session', async () => {
  await using server = await refusing(503)
  const { errors, session, connections } = await flood(server, { connections: 2, probe: { protocol: chat } })
  expect(Object.keys(errors)).toEqual(['HTTP_503'])
  expect(session.count).toBe(0)
  expect(connections).toMatchObject({ failed: 2, failedSessions: 0, reconnects: 0, failedReconnects: 0 })
})

test('a run that is aborted during its sessions ends at once', async () => {
  await using server = await chatting({ welcomesAfter: Infinity })
  const abort = new AbortController()
  const running = flood(server, {
    connections: 5,
    threads: 2,
    probe: { protocol: chat },
    sessionTimeout: '5m',
    signal: abort.signal,
  })
  await expect.poll(() => server.users.length).toBe(5)
  const aborted = performance.now()
  abort.abort()
  const { ended, errors, connections } = await running
  expect(performance.now() - aborted).toBeLessThan(10_000)
  expect(ended).toBe('aborted')
  expect(errors).toEqual({})
  expect(connections).toMatchObject({ opened: 0, failed: 0 })
})

describe('a session that keeps its thread for longer than servers wait', () => {
  const busy = '() => { for (const end = performance.now() + 700; performance.now() < end;); }'
  const load = { connections: 2, threads: 1, connectRate: 10, pings: 20 } as const

  test('does not excuse a refusal with a status', async () => {
    await using server = await limited(1)
    const result = await flood(server, { ...load, probe: await echoAfter(busy) })
    expect(result.errors).toMatchObject({ HTTP_503: { count: 1 } })
    expect(result.generator.afterSilence?.failed ?? 0).toBe(0)
    expect(verdictOn(result, 'opened', '>= 2')).toBe('fail')
  })
})
