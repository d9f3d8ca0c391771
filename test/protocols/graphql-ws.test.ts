import { describe, expect, test, vi } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { graphqlWS, type GraphQLWSOptions } from '../../src/protocols/index.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { flood, floodAt } from '../support/flood.ts'
import { executing } from '../support/graphql.ts'
import { answering, echoing } from '../support/servers.ts'
import { serveWebSockets } from '../support/ws-server.ts'

const load = { connections: 2, inFlight: 3, pings: 30 } as const
const hello = { query: 'query Hello($name: String) { hello(name: $name) }', variables: { name: 'Ada' } } as const

describe.for(['graphql-ws', 'GraphQL Yoga'] as const)('graphqlWS against %s', (by) => {
  test('asks a query for each ping', async () => {
    await using server = await executing({ by })
    const { pings, errors, session, messages } = await flood(server, { ...load, probe: graphqlWS(hello) })
    expect(errors).toEqual({})
    expect(pings).toMatchObject({ sent: 30, answered: 30 })
    expect(session.count).toBe(2)
    expect(messages.unsolicited).toBe(0)
  })

  test('executes a mutation for each ping, of several operations the named one', async () => {
    await using server = await executing({ by })
    const query = 'query A { hello } mutation B($by: Int!) { add(by: $by) }'
    const probe = graphqlWS({ query, operationName: 'B', variables: { by: 2 } })
    const { pings, errors } = await flood(server, { ...load, probe })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(30)
    expect(server.total()).toBe(60)
  })

  test('subscribes for each ping, until the first event', async () => {
    await using server = await executing({ by })
    const probe = graphqlWS({ query: '# endless\nsubscription { ticks }' })
    const { pings, errors, messages } = await flood(server, { connections: 2, pings: 30, drain: 500, probe })
    expect(errors).toEqual({})
    expect(pings).toMatchObject({ sent: 30, answered: 30 })
    expect(server.subscriptions.begun).toBe(30)
    expect(messages.unsolicited).toBe(0)
    await expect.poll(() => server.subscriptions.open).toBe(0)
  })

  test('ends each subscription, not only with its connection', async () => {
    await using server = await executing({ by })
    let mostOpen = 0
    const timer = setInterval(() => (mostOpen = Math.max(mostOpen, server.subscriptions.open)), 5)
    const probe = graphqlWS({ query: 'subscription { ticks }' })
    await flood(server, { connections: 2, inFlight: 2, duration: 1_000, probe })
    clearInterval(timer)
    expect(server.subscriptions.begun).toBeGreaterThan(20)
    expect(mostOpen).toBeGreaterThan(0)
    expect(mostOpen).toBeLessThan(server.subscriptions.begun / 2)
  })

  test.for([
    ['that cannot be validated', { query: '{ helo }' }, /^Cannot query field "helo" on type "Query"\./],
    ['whose resolver fails', { query: '{ fail }' }, /./],
    [
      'without its variables',
      { query: hello.query.replace('String', 'String!') },
      /^(?:Variable "\$name" of required type|Unexpected error\.$)/,
    ],
    [
      'whose event fails',
      { query: 'subscription { broken }' },
      /^(?:Cannot return null for non-nullable field|Unexpected error\.$)/,
    ],
    ['without an event', { query: 'subscription { nothing }' }, /^complete without a result$/],
  ] as const)('fails with an operation %s, however quickly', async ([, options, sample]) => {
    await using server = await executing({ by })
    const result = await flood(server, { ...load, probe: graphqlWS(options) })
    expect(result.pings).toMatchObject({ sent: 30, answered: 0, lost: 30, timedOut: 0 })
    expect(result.errors).toEqual({ ERROR_ANSWER: { count: 30, samples: [expect.stringMatching(sample)] } })
    expect(evaluateSLO(result, { max: '< 20s' }).verdict).not.toBe('pass')
  })

  test('counts the end of a connection whose document cannot be parsed', async () => {
    // The server tells it there.
    using complaint = vi.spyOn(console, 'error').mockImplementation(() => {})
    await using server = await executing({ by })
    const { errors, connections } = await flood(server, {
      connections: 1,
      pings: 9,
      probe: graphqlWS({ query: '{ hello' }),
    })
    expect(connections).toMatchObject({ opened: 1, closedEarly: 1 })
    expect(errors).toEqual({ CLOSE_4500: { count: 1, samples: ['Syntax Error: Expected Name, found <EOF>.'] } })
    expect(complaint).toHaveBeenCalledOnce()
  })

  test('answers pings in messages, while others log in, in warm-up, measurement and drain', async () => {
    await using server = await executing({ by, pingEvery: 50 })
    const { pings, errors, messages } = await flood(server, {
      connections: 2,
      sessionRate: 4,
      warmup: 200,
      duration: 500,
      probe: graphqlWS(hello),
    })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(pings.sent)
    expect(messages.unsolicited).toBeGreaterThan(10)
    await expect.poll(() => server.pongs()).toBeGreaterThan(10)
  })

  test('is told that its connectionParams are refused, without the secret', async () => {
    await using server = await executing({ by })
    const probe = graphqlWS({ ...hello, connectionParams: { token: 'guess' } })
    const { errors, connections } = await flood(server, { connections: 2, duration: 1_000, probe })
    expect(connections).toMatchObject({ opened: 0, failed: 2, failedSessions: 2, reconnects: 0, failedReconnects: 0 })
    expect(errors).toEqual({
      CLOSE_4403: {
        count: 2,
        samples: ['Forbidden; the server refuses this user: check the option connectionParams'],
      },
      SESSION_FAILED: { count: 2, samples: ['its connection ended with CLOSE_4403: Forbidden'] },
    })
  })

  test('is let in with connectionParams', async () => {
    await using server = await executing({ by })
    const probe = graphqlWS({ ...hello, connectionParams: { token: 'letmein' } })
    const { pings } = await flood(server, { ...load, probe })
    expect(pings.answered).toBe(30)
  })
})

test('a connection that comes back is initialised again', async () => {
  await using server = await executing()
  const probe = graphqlWS({ query: '{ hello', connectionParams: { token: 'letmein' } })
  using _ = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { connections, errors, session } = await flood(server, {
    connections: 1,
    duration: 600,
    reconnect: { max: 2, backoff: 20 },
    probe,
  })
  expect(Object.keys(errors)).toEqual(['CLOSE_4500'])
  expect(connections.reconnects).toBeGreaterThan(0)
  expect(session.count).toBe(1 + connections.reconnects)
})

describe('what is wrong is told with its cure:', () => {
  const wrongs: [
    name: string,
    serve: () => Promise<AsyncDisposable & { url: string }>,
    code: string,
    sample: string,
    others?: WsLoadOptions,
  ][] = [
    [
      'a server that selects no subprotocol',
      () => executing({ selects: false }),
      'HANDSHAKE_INVALID',
      'Server sent no subprotocol; no server that speaks graphql-transport-ws here: check the path of url, and leave out the option protocols; the older protocol of subscriptions-transport-ws is another one',
    ],
    [
      'a wrong path',
      async () => elsewhere(await executing()),
      'HTTP_400',
      '400 Bad Request; no server that speaks graphql-transport-ws here: check the path of url',
    ],
    [
      'a subprotocol of the option protocols',
      () => executing(),
      'HANDSHAKE_INVALID',
      'Server sent no subprotocol; no server that speaks graphql-transport-ws here: check the path of url, and leave out the option protocols; the older protocol of subscriptions-transport-ws is another one',
      { protocols: 'graphql-ws' },
    ],
    [
      'another server',
      () => echoing({ protocols: ['graphql-transport-ws'] }),
      'SESSION_FAILED',
      'Error: the server answered connection_init with "connection_init"; no server that speaks graphql-transport-ws here: check the path of url',
    ],
    [
      'a server that never acknowledges',
      () => answering(() => {}),
      'SESSION_TIMEOUT',
      'not over after 300 ms; no server that speaks graphql-transport-ws here: check the path of url; if the server is slow, raise sessionTimeout or lower sessionRate',
    ],
  ]

  test.for(wrongs)('%s', async ([, serve, code, sample, others]) => {
    await using server = await serve()
    const options = { connections: 1, duration: 500, sessionTimeout: 300, probe: graphqlWS(hello), ...others }
    const { errors } = await floodAt(server.url, options)
    expect(errors).toHaveProperty(code)
    expect(errors[code]?.samples).toEqual([sample])
  })

  test.for([
    [4400, 'Invalid message received', 'check query, variables and connectionParams'],
    [4401, 'Unauthorized', 'check the option connectionParams'],
    [4406, 'Subprotocol not acceptable', 'leave out the option protocols'],
    [4408, 'Connection initialisation timeout', 'raise sessionRate'],
  ] as const)('a close with %d (%s)', async ([code, reason, cure]) => {
    const protocols = ['graphql-transport-ws']
    await using server = await serveWebSockets({ protocols }, (socket) => socket.close(code, reason))
    const { errors } = await flood(server, { connections: 1, duration: 500, probe: graphqlWS(hello) })
    expect(errors[`CLOSE_${code}`]?.samples[0]).toContain(`${reason}; ${cure}`)
    expect(errors['SESSION_FAILED']?.samples).toEqual([`its connection ended with CLOSE_${code}: ${reason}`])
  })

  function elsewhere(server: AsyncDisposable & { url: string }) {
    return { url: server.url.replace('/graphql', '/graph'), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }
})

describe('an answer', () => {
  test.for([
    [
      'with errors',
      { type: 'next', payload: { errors: [{ message: 'out of tea' }, { message: 'and milk' }] } },
      'out of tea; and milk',
    ],
    ['with errors of no words', { type: 'next', payload: { errors: [{ message: '' }] } }, 'an error without words'],
    ['with errors that are a text', { type: 'next', payload: { errors: 'no tea' } }, 'no tea'],
    ['with one error that is no list', { type: 'next', payload: { errors: { message: 'no tea' } } }, 'no tea'],
    ['without data', { type: 'next', payload: {} }, 'a result without data'],
    ['without a payload', { type: 'next' }, 'a result without data'],
    ['that is an error without words', { type: 'error', payload: [] }, 'an error without words'],
    ['that is an error without a payload', { type: 'error' }, 'an error without words'],
    ['that is complete at once', { type: 'complete' }, 'complete without a result'],
    [
      'of the older protocol',
      { type: 'data', payload: { data: {} } },
      'the older protocol of subscriptions-transport-ws; no server',
    ],
    ['of no known type', { type: 'lorem' }, 'a message of type "lorem", which graphql-transport-ws has not'],
  ] as const)('%s is no fast success', async ([, answer, sample]) => {
    await using server = await answering(
      (message, send) => {
        const { id, type } = JSON.parse(String(message)) as { id?: string; type: string }
        if (type === 'connection_init') send('{"type":"connection_ack"}')
        else if (type === 'subscribe') send(JSON.stringify({ id, ...answer }))
      },
      { protocols: ['graphql-transport-ws'] },
    )
    const { pings, errors } = await flood(server, { connections: 1, pings: 4, probe: graphqlWS(hello) })
    expect(pings).toMatchObject({ sent: 4, answered: 0, lost: 4 })
    expect(errors).toEqual({ ERROR_ANSWER: { count: 4, samples: [expect.stringContaining(sample)] } })
  })
})

describe('options', () => {
  test('that are wrong are one error', () => {
    const wrong = {
      query: '',
      variable: {},
      operationName: 7,
      connectionParams: 'secret',
    } as unknown as GraphQLWSOptions
    expect(() => graphqlWS(wrong)).toThrow(
      expect.objectContaining({
        code: 'WSLOAD_ERR_INVALID_OPTIONS',
        message: `graphqlWS: 4 options are wrong
  query: expected a GraphQL document, got ""
  operationName: expected the name of an operation, got 7
  connectionParams: expected an object that JSON can say, got a text of 6 characters
  variable: no such option, did you mean "variables"?`,
      }),
    )
  })
})
