import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connectionTotals } from '../support/connection-totals.ts'
import { flood, floodAt } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { endingAtOnce } from '../support/handshakes.ts'
import { listen } from '../support/listener.ts'
import { certificates } from '../support/certificates.ts'
import { dead, echoing, limited, neverUpgrading, refusing } from '../support/servers.ts'

const noOne = connectionTotals({ requested: 4, failed: 4 })

test('a refused connection', async () => {
  await using port = await dead()
  const { connections, errors, ended, pings, errorRate, connectErrorRate } = await floodAt(port.url, { connections: 4 })
  expect(connections).toEqual(noOne)
  expect(errors).toEqual({
    ECONNREFUSED: { count: 4, samples: [`connect ECONNREFUSED 127.0.0.1:${port.port}`] },
  })
  expect(ended).toBe('disconnected')
  expect(pings.sent).toBe(0)
  expect({ errorRate, connectErrorRate }).toEqual({ errorRate: NaN, connectErrorRate: 1 })
})

test('a refused connection in the open model', async () => {
  await using port = await dead()
  const { ended, pings, connections } = await floodAt(port.url, { connections: 4, rate: 1_000 })
  expect(ended).toBe('disconnected')
  expect(connections).toEqual(noOne)
  expect(pings.sent).toBe(0)
})

test('a host that nobody knows', async () => {
  const { connections, errors } = await floodAt('ws://no-such-host.invalid', { connections: 4 })
  expect(connections).toEqual(noOne)
  const [code] = Object.keys(errors)
  // EAI_AGAIN where there is no name server to ask.
  expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(code)
  expect(errors).toEqual({ [code!]: { count: 4, samples: [`getaddrinfo ${code} no-such-host.invalid`] } })
})

test('a connection that is reset after a probe that took long to load is the doing of the server', async () => {
  const source = `const wait = Promise.withResolvers()
    setTimeout(wait.resolve, 600)
    await wait.promise
    export const request = (id) => String(id)
    export const reply = (answer) => Number(String(answer))`
  await using server = await endingAtOnce('reset')
  const options = { connections: 4, threads: 1, probe: { module: await moduleFile(source) } }
  const { connections, generator } = await floodAt(server.url, options)
  expect(connections).toEqual(noOne)
  expect(generator.afterSilence!.failed).toBe(0)
})

describe('an HTTP answer', () => {
  test.each([
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [404, 'Not Found'],
    [503, 'Service Unavailable'],
  ])('of %i', async (status, words) => {
    await using server = await refusing(status)
    const { connections, errors, ended } = await flood(server, { connections: 4 })
    expect(connections).toEqual(noOne)
    expect(errors).toEqual({ [`HTTP_${status}`]: { count: 4, samples: [`${status} ${words}`] } })
    expect(ended).toBe('disconnected')
    expect(server.handshakes).toHaveLength(4)
  })

  test('of 302 says where to, and nobody goes there', async () => {
    await using elsewhere = await echoing()
    await using server = await refusing(302, { location: elsewhere.url })
    const { errors } = await flood(server, { connections: 4 })
    expect(errors).toEqual({ HTTP_302: { count: 4, samples: [`302 Found, redirects to ${elsewhere.url}`] } })
    expect(elsewhere.accepted).toBe(0)
  })

  test('of 200, as a web server gives it', async () => {
    await using server = await refusing(200)
    const { errors } = await flood(server, { connections: 2 })
    expect(errors).toEqual({ HTTP_200: { count: 2, samples: ['200 OK'] } })
  })
})

test('an answer that is not HTTP', async () => {
  await using server = await listen(() => createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.2\r\n')), {})
  const { connections, errors } = await flood(server, { connections: 4 })
  expect(connections).toEqual(noOne)
  expect(errors).toMatchObject({ HPE_INVALID_CONSTANT: { count: 4 } })
})

test('a server that hangs up instead of answering', async () => {
  await using server = await listen(() => createServer((socket) => socket.once('data', () => socket.end())), {})
  const { connections, errors } = await flood(server, { connections: 4 })
  expect(connections).toEqual(noOne)
  expect(errors).toEqual({ ECONNRESET: { count: 4, samples: ['socket hang up'] } })
})

describe('a handshake that takes too long', () => {
  test.each([false, true])('because nothing is ever answered (TLS: %j)', async (tls) => {
    await using server = await neverUpgrading({ tls })
    const { ca } = await certificates()
    const { connections, errors } = await flood(server, { connections: 4, connectTimeout: 100, tls: { ca } })
    expect(connections).toEqual(noOne)
    expect(errors).toEqual({ CONNECT_TIMEOUT: { count: 4, samples: ['not open after 100 ms'] } })
  })

  test('keeps others from theirs for a part of that time only', async () => {
    await using server = await neverUpgrading()
    const { connections } = await flood(server, { connections: 400, connectTimeout: '2s' })
    expect(connections).toEqual({ ...noOne, requested: 400, failed: 400 })
    // More than are begun at once; all of them if none has timed out by then.
    expect(server.peak).toBeGreaterThan(300)
  })

  test('keeps others from theirs while the server works on them', async () => {
    let [waiting, most] = [0, 0]
    let free = Promise.resolve()
    await using server = await echoing({
      async verify() {
        most = Math.max(most, ++waiting)
        free = free.then(() => sleep(5))
        await free
        waiting--
        return true
      },
    })
    const { connections } = await flood(server, { connections: 400, pings: 400, threads: 1 })
    expect(connections.opened).toBe(400)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(128)
  })

  test('because TLS is asked of a server that waits for HTTP', async () => {
    await using server = await neverUpgrading()
    const url = server.url.replace('ws:', 'wss:')
    const { errors } = await floodAt(url, { connections: 2, connectTimeout: 100 })
    expect(errors).toEqual({ CONNECT_TIMEOUT: { count: 2, samples: ['not open after 100 ms'] } })
  })
})

test('TLS asked of a server that has none', async () => {
  await using server = await echoing()
  const { connections, errors } = await floodAt(server.url.replace('ws:', 'wss:'), { connections: 4 })
  expect(connections).toEqual(noOne)
  expect(Object.values(errors)).toMatchObject([{ count: 4 }])
})

test('a subprotocol that the server does not speak', async () => {
  await using server = await echoing({ protocols: ['v2'] })
  const { connections, errors } = await flood(server, { connections: 4, protocols: 'v1' })
  expect(connections).toEqual(noOne)
  expect(errors).toEqual({ HANDSHAKE_INVALID: { count: 4, samples: ['Server sent no subprotocol'] } })
})

test.each([1, 2])('a server that is full holds exactly as many as it can (threads: %i)', async (threads) => {
  await using server = await limited(5)
  const { connections, errors, pings, ended } = await flood(server, { connections: 12, threads })
  expect(connections).toEqual(connectionTotals({ requested: 12, failed: 7 }))
  expect(errors).toEqual({ HTTP_503: { count: 7, samples: ['503 Service Unavailable'] } })
  expect(pings.answered).toBe(pings.sent)
  expect(ended).toBe('completed')
})

test('samples are few and distinct', async () => {
  let nth = 0
  await using server = await listen(
    () =>
      createServer((socket) => {
        const word = ['one', 'two', 'three', 'four'][Math.floor(nth++ / 4)]
        socket.once('data', () => socket.end(`HTTP/1.1 429 ${word}\r\ncontent-length: 0\r\n\r\n`))
      }),
    {},
  )
  const { errors } = await flood(server, { connections: 16 })
  expect(Object.keys(errors)).toEqual(['HTTP_429'])
  const { count, samples } = errors['HTTP_429']!
  expect(count).toBe(16)
  expect(samples).toHaveLength(3)
  expect(new Set(samples).size).toBe(3)
})
