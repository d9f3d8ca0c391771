import { describe, expect, test } from 'vitest'
import { graphqlWS, type GraphQLWSSubscriptionOptions } from '../../src/protocols/index.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { executing } from '../support/graphql.ts'
import { fanOut } from '../support/run.ts'

const query = 'subscription ($room: ID!) { said(room: $room) }'
const say = 'mutation ($room: ID!, $text: String!) { say(room: $room, text: $text) }'
const publish = { query: say, variables: { room: '%r', text: '%m' } }
const options = { query, variables: { room: '%r' }, publish } as const
const load = { subscribers: 12, publishers: 2, rooms: 2, rate: '40/s', duration: '1s', warmup: '200ms' } as const

describe.for(['graphql-ws', 'GraphQL Yoga'] as const)('subscriptions of %s', (by) => {
  test('are sent what every mutation changes', async () => {
    await using server = await executing({ by })
    const protocol = graphqlWS.subscription({ ...options, connectionParams: { token: 'letmein' } })
    const summary = await fanOut({ ...load, url: server.url, protocol })
    expect(summary.errors).toEqual({})
    expect(summary).toMatchObject({ expected: 240, delivered: 240, duplicates: 0, outOfOrder: 0 })
    expect(summary.session.count).toBe(14)
  })

  test('say that mutations fail', async () => {
    await using server = await executing({ by })
    const failing = { ...publish, variables: { room: 'silence', text: '%m' } }
    const protocol = graphqlWS.subscription({ ...options, publish: failing })
    const summary = await fanOut({ ...load, rooms: 1, url: server.url, timeout: '200ms', protocol })
    expect(summary).toMatchObject({ delivered: 0, missed: 480 })
    expect(summary.errors['ERROR_ANSWER']?.samples).toEqual([
      by === 'graphql-ws' ? 'nobody may speak here' : 'Unexpected error.',
    ])
  })
})

test('a mutation that fails is refused, whoever has heard of it', async () => {
  await using server = await executing()
  const room = 'forgetful'
  const protocol = graphqlWS.subscription({
    ...options,
    variables: { room },
    publish: { ...publish, variables: { room, text: '%m' } },
  })
  const summary = await fanOut({ ...load, rooms: 1, url: server.url, protocol })
  expect(summary).toMatchObject({ reach: 1, refused: 40, messages: { unsolicited: 0 } })
  expect(evaluateSLO(summary, { reach: '>= 100%' })).toMatchObject({
    verdict: 'fail',
    reasons: ['the server answered 40 messages with an error (ERROR_ANSWER)'],
  })
})

test('several rooms have to be told apart', async () => {
  await using server = await executing()
  const protocol = graphqlWS.subscription({ ...options, variables: { room: 'all' } })
  await expect(fanOut({ ...load, url: server.url, protocol })).rejects.toThrow(
    'protocol.query: expected %r in it, which tells rooms apart',
  )
})

test('a subscription that is refused fails its session in the words of the server', async () => {
  await using server = await executing()
  const protocol = graphqlWS.subscription({ ...options, query: 'subscription { heard }' })
  const { errors } = await fanOut({ ...load, url: server.url, protocol })
  expect(errors['SESSION_FAILED']?.samples[0]).toContain(
    'the server refused the subscription: Cannot query field "heard"',
  )
})

test('a subscription that the server ends has ended early', async () => {
  await using server = await executing()
  const ending = { query: 'mutation { say(room: "%r", text: "bye") other: say(room: "%r", text: "%m") }' }
  const protocol = graphqlWS.subscription({ ...options, publish: ending })
  const { connections, errors, delivered } = await fanOut({ ...load, url: server.url, warmup: 0, protocol })
  expect(connections.closedEarly).toBe(12)
  expect(delivered).toBe(0)
  expect(errors['CLOSE_1000']?.samples[0]).toContain('the server ended the subscription')
})

test('outlives the pings of a server', async () => {
  await using server = await executing({ pingEvery: 100 })
  const summary = await fanOut({ ...load, url: server.url, protocol: graphqlWS.subscription(options) })
  expect(summary).toMatchObject({ reach: 1, errors: {} })
  expect(server.pongs()).toBeGreaterThan(14)
})

test.for<[Partial<GraphQLWSSubscriptionOptions>, string]>([
  [{ query: '{ hello }' }, 'query: expected a subscription, got another operation'],
  [{ publish: { query: say } }, 'publish: expected an operation with %m in a text'],
  [{ publish: { query, variables: { room: '%m' } } }, 'publish.query: expected a mutation'],
  [{ mutation: say } as never, 'mutation: no such option'],
])('%o is refused', ([given, mistake]) => {
  expect(() => graphqlWS.subscription({ ...options, ...given })).toThrow(mistake)
})
