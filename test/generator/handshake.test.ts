import { describe, expect, test } from 'vitest'
import { flood, floodAt } from '../support/flood.ts'
import { delaying, echoing, informing } from '../support/servers.ts'

test('asks for the path and the query of the URL', async () => {
  await using server = await echoing()
  await flood({ ...server, url: `${server.url}/rooms/1?token=abc` }, { connections: 2, pings: 2 })
  expect(server.handshakes).toMatchObject([{ path: '/rooms/1?token=abc' }, { path: '/rooms/1?token=abc' }])
})

test('carries the headers', async () => {
  await using server = await echoing()
  await flood(server, { connections: 1, pings: 1, headers: { Authorization: 'Bearer abc', 'X-Many': ['one', 'two'] } })
  expect(server.handshakes[0]!.headers).toMatchObject({ authorization: 'Bearer abc', 'x-many': 'one, two' })
})

test('carries the credentials of the URL', async () => {
  await using server = await echoing()
  await flood({ ...server, url: server.url.replace('//', '//user:secret@') }, { connections: 1, pings: 1 })
  const { authorization } = server.handshakes[0]!.headers
  expect(authorization).toBe(`Basic ${Buffer.from('user:secret').toString('base64')}`)
})

test('asks for the subprotocols in order', async () => {
  await using server = await echoing({ protocols: ['v2'] })
  const { errors } = await flood(server, { connections: 1, pings: 1, protocols: ['v1', 'v2'] })
  expect(server.handshakes).toMatchObject([{ headers: { 'sec-websocket-protocol': 'v1,v2' }, protocol: 'v2' }])
  expect(errors).toEqual({})
})

describe('permessage-deflate', () => {
  test('is not offered by default', async () => {
    await using server = await echoing({ perMessageDeflate: true })
    await flood(server, { connections: 1, pings: 1 })
    expect(server.handshakes[0]!.headers).not.toHaveProperty('sec-websocket-extensions')
  })

  test('that the server declines changes nothing', async () => {
    await using server = await echoing()
    const { pings, errors } = await flood(server, {
      connections: 2,
      pings: 20,
      probe: { text: 'x' },
      perMessageDeflate: true,
    })
    expect(server.handshakes).toMatchObject([{ extensions: '' }, { extensions: '' }])
    expect(pings.answered).toBe(20)
    expect(errors).toEqual({})
  })
})

test('is measured from the attempt to the open connection', async () => {
  const late = () => new Promise<true>((resolve) => void setTimeout(resolve, 60, true))
  await using server = await echoing({ verify: late })
  const { handshake } = await flood(server, { connections: 5, pings: 5 })
  expect(handshake.count).toBe(5)
  // The server took 60 ms; its timer may be early by a millisecond.
  expect(handshake.min).toBeGreaterThan(58)
  expect(handshake.bounds(50).floor).toBeLessThanOrEqual(handshake.p50)
})

test('leaves from the local addresses in turn', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only Linux has all of 127.0.0.0/8')
  await using server = await echoing({ host: '0.0.0.0' })
  const url = `ws://127.0.0.1:${server.port}`
  const options = { connections: 5, pings: 5, localAddresses: ['127.0.0.2', '127.0.0.3'], connectRate: 100, threads: 1 }
  const { errors } = await floodAt(url, options)
  expect(errors).toEqual({})
  expect(server.handshakes.map(({ remoteAddress }) => remoteAddress)).toEqual([
    '127.0.0.2',
    '127.0.0.3',
    '127.0.0.2',
    '127.0.0.3',
    '127.0.0.2',
  ])
})

test('finds a server on IPv6', async ({ skip }) => {
  const listening = await echoing({ host: '::1' }).catch(() => undefined)
  if (listening === undefined) return skip('there is no IPv6 here')
  await using server = listening
  const { pings, errors } = await flood(server, { connections: 2, pings: 10 })
  expect(pings.answered).toBe(10)
  expect(errors).toEqual({})
})

test('finds a server by its name', async () => {
  await using server = await delaying(0)
  const { pings } = await floodAt(`ws://localhost:${server.port}`, { connections: 2, pings: 10 })
  expect(pings.answered).toBe(10)
})

describe('informational responses before the one that upgrades', () => {
  const earlyHints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n'
  const heads = ['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 102 Processing\r\n\r\n', earlyHints]

  test.each([
    ['an echo', { probe: { text: 'x' } }],
    ['an echo, compression offered', { probe: { text: 'x' }, perMessageDeflate: true }],
    ['pings', {}],
  ] as const)('change nothing about what follows, wherever a segment ends: %s', async (_, options) => {
    await using server = await informing({ heads, pause: 100 })
    // One connection for each byte up to the end of the close frame.
    const connections = heads.join('').length + 170
    const {
      errors,
      messages,
      connections: totals,
    } = await flood(server, { connections, ...options, connectRate: 2_000 })
    expect(errors).toEqual({ CLOSE_1011: { count: connections, samples: ['no more'] } })
    expect(messages).toMatchObject({ received: connections, unsolicited: connections })
    expect(totals).toEqual({
      requested: connections,
      opened: connections,
      failed: 0,
      closedEarly: connections,
      failedSessions: 0,
      reconnects: 0,
      failedReconnects: 0,
    })
  })
})
