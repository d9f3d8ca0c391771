import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect as connectTcp, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'
import { certificates } from './certificates.ts'
import { nginxMissing, nginxProxying } from './nginx.ts'
import { pythonEchoing, pythonMissing } from './python.ts'
import {
  answering,
  babbles,
  babbling,
  chopping,
  closing,
  coalescing,
  dead,
  deaf,
  delaying,
  echoing,
  fragmenting,
  gluing,
  greeting,
  heartbeating,
  limited,
  losing,
  neverUpgrading,
  refusing,
  resetting,
  silent,
  stalling,
  vanishing,
  type Babble,
} from './servers.ts'

describe('a server', () => {
  test('leaves no socket and no port behind', async () => {
    const server = await echoing()
    const client = await open(server.url)
    const closed = once(client, 'close')
    await server[Symbol.asyncDispose]()
    await closed
    expect(server.connections()).toBe(0)
    await using successor = await echoing({ port: server.port })
    expect(successor.url).toBe(server.url)
  })

  test('counts its connections', async () => {
    await using server = await echoing()
    const clients = await Promise.all([1, 2, 3].map(() => open(server.url)))
    expect(server.connections()).toBe(3)
    clients[0]!.close(4000, 'enough')
    await expect.poll(() => server.connections()).toBe(2)
    expect(server).toMatchObject({ accepted: 3, peak: 3, closes: [{ code: 4000, reason: 'enough' }] })
  })

  test('can listen on IPv6', async ({ skip }) => {
    const server = await echoing({ host: '::1' }).catch(() => undefined)
    if (server === undefined) return skip('there is no IPv6 here')
    await using listening = server
    expect(listening.url).toBe(`ws://[::1]:${listening.port}`)
    await open(listening.url)
  })
})

describe('TLS', () => {
  test('is trusted with the authority', async () => {
    await using server = await echoing({ tls: true })
    const { ca } = await certificates()
    expect(server.url).toMatch(/^wss:/)
    expect(await ask(await open(server.url, { ca }), 'hello')).toBe('hello')
    await expect(open(server.url)).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
    expect(server.handshakes).toHaveLength(1)
  })

  test('is offered with an expired or a misnamed certificate', async () => {
    const { ca } = await certificates()
    await using expired = await echoing({ tls: { certificate: 'expired' } })
    await expect(open(expired.url, { ca })).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' })
    await using misnamed = await chopping({ every: 10, tls: { certificate: 'misnamed' } })
    await expect(open(misnamed.url, { ca })).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('demands a client certificate, in %s', async (maxVersion) => {
    const { ca, client } = await certificates()
    await using server = await echoing({ tls: { demandClientCertificate: true, maxVersion } })
    await open(server.url, { ca, ...client })
    await expect(open(server.url, { ca })).rejects.toThrow(/alert|ECONNRESET|socket hang up/)
    expect(server.handshakes).toMatchObject([{ clientName: 'ws-load client' }])
  })

  test('is spoken by raw servers as well', async () => {
    await using server = await chopping({ every: 7, tls: true })
    const { ca } = await certificates()
    expect(await ask(await open(server.url, { ca }), 'a longer message')).toBe('a longer message')
  })
})

describe('echoing', () => {
  test('answers pings and messages, and records them', async () => {
    await using server = await echoing()
    const client = await open(`${server.url}/path?query`, { headers: { 'x-token': 'abc' } })
    expect(await ask(client, 'text')).toBe('text')
    expect(await ask(client, Buffer.from([1, 2]))).toEqual(Buffer.from([1, 2]))
    expect(await ping(client, 'probe')).toBe('probe')
    expect(server).toMatchObject({ messages: 2, messageSizes: [4, 2], pings: 1, pingSizes: [5], errors: [] })
    expect(server.handshakes).toMatchObject([
      { path: '/path?query', headers: { 'x-token': 'abc' }, remoteAddress: '127.0.0.1', status: 101, extensions: '' },
    ])
  })

  test('compresses messages of every size', async () => {
    await using server = await echoing({ perMessageDeflate: true })
    const client = await open(server.url, { perMessageDeflate: true })
    expect(await ask(client, 'a')).toBe('a')
    expect(server.handshakes[0]!.extensions).toContain('permessage-deflate')
  })

  test('agrees to a subprotocol it speaks', async () => {
    await using server = await echoing({ protocols: ['v2'] })
    const client = new WebSocket(server.url, ['v1', 'v2'])
    await once(client, 'open')
    onTestFinished(() => client.terminate())
    expect(client.protocol).toBe('v2')
    expect(server.handshakes[0]!.protocol).toBe('v2')
  })

  test('refuses whom it does not know', async () => {
    await using server = await echoing({ verify: ({ headers }) => headers.authorization === 'me' || 403 })
    expect(await refusalOf(server.url)).toMatchObject({ statusCode: 403 })
    await open(server.url, { headers: { authorization: 'me' } })
    expect(server.handshakes.map(({ status }) => status)).toEqual([403, 101])
  })
})

describe('delaying', () => {
  test('never answers too early', async () => {
    await using server = await delaying(20)
    const client = await open(server.url)
    const start = performance.now()
    await Promise.all([ping(client, '1'), ask(client, '2')])
    expect(performance.now() - start).toBeGreaterThanOrEqual(20)
    expect(Math.min(...server.heldMs)).toBeGreaterThanOrEqual(20)
  })

  test('keeps the order of answers', async () => {
    await using server = await delaying((n) => (n === 1 ? 30 : 0))
    const client = await open(server.url)
    expect(await answersTo(client, ['slow', 'fast'])).toEqual(['slow', 'fast'])
  })

  test('lets answers overtake each other when asked to', async () => {
    await using server = await delaying((n) => (n === 1 ? 30 : 0), { unordered: true })
    const client = await open(server.url)
    expect(await answersTo(client, ['slow', 'fast'])).toEqual(['fast', 'slow'])
  })
})

describe('stalling', () => {
  test('answers what queued up when the stall is over', async () => {
    await using server = await stalling({ every: 30, for: 60, times: 1 })
    const client = await open(server.url)
    const answeredAt: number[] = []
    while (server.stalls.length === 0) {
      await ping(client, 'probe')
      answeredAt.push(performance.now())
    }
    const [stall] = server.stalls
    expect(stall!.to - stall!.from).toBeGreaterThanOrEqual(60)
    // One answer may have been on its way when the stall began.
    expect(answeredAt.filter((at) => at > stall!.from && at < stall!.to).length).toBeLessThanOrEqual(1)
    expect(await ping(client, 'again')).toBe('again')
  })

  test('holds handshakes too', async () => {
    await using server = await stalling({ every: 10, for: 80, times: 1 })
    const client = await open(server.url)
    const stalled = ping(client, 'probe').then(() => ping(client, 'probe'))
    while (server.stalls.length === 0) await open(server.url).then((late) => late.terminate())
    await stalled
    expect(server.handshakes.length).toBeGreaterThanOrEqual(2)
  })
})

test('silent answers nothing but the close frame', async () => {
  await using server = await silent()
  const client = await open(server.url)
  const answers: unknown[] = []
  client.on('pong', () => answers.push('pong')).on('message', () => answers.push('message'))
  client.ping()
  client.send('hello')
  client.close(1000)
  expect(await closeOf(client)).toMatchObject({ code: 1000 })
  expect(answers).toEqual([])
  expect(server).toMatchObject({ pings: 1, messages: 1 })
})

test('deaf reads nothing after the handshake', async () => {
  await using server = await deaf()
  const client = await open(server.url)
  const chunk = Buffer.alloc(1_000_000)
  // More than the kernel's buffers of both ends take.
  for (let sent = 0; sent < 32; sent++) client.send(chunk)
  await setImmediate()
  expect(client.bufferedAmount).toBeGreaterThan(chunk.length)
  expect(server.messages).toBe(0)
})

test('neverUpgrading accepts connections and keeps quiet', async () => {
  await using server = await neverUpgrading()
  await expect(open(server.url, { handshakeTimeout: 50 })).rejects.toThrow('Opening handshake has timed out')
  expect(server.accepted).toBe(1)
})

test('coalescing answers only the newest ping', async () => {
  await using server = await coalescing(20)
  const client = await open(server.url)
  const answer = once(client, 'pong')
  for (const payload of ['1', '2', '3']) client.ping(payload)
  expect(String((await answer)[0])).toBe('3')
  expect(server).toMatchObject({ pings: 3, pongsSent: 1 })
})

test('losing leaves each nth request unanswered', async () => {
  await using server = await losing({ every: 3 })
  const client = await open(server.url)
  const answers: string[] = []
  client.on('message', (text: Buffer) => answers.push(text.toString()))
  for (const text of ['1', '2', '3', '4', '5', '6', '7']) client.send(text)
  await expect.poll(() => answers).toEqual(['1', '2', '4', '5', '7'])
  expect(server.lost).toBe(2)
})

describe('closing', () => {
  test('says goodbye with a code and a reason after some answers', async () => {
    await using server = await closing({ after: { answers: 2 }, code: 4001, reason: 'bye' })
    const client = await open(server.url)
    const closed = closeOf(client)
    const pongs: string[] = []
    client.on('pong', (payload) => pongs.push(String(payload)))
    for (const payload of ['1', '2', '3']) client.ping(payload)
    expect(await closed).toEqual({ code: 4001, reason: 'bye' })
    expect(pongs).toEqual(['1', '2'])
    expect(server).toMatchObject({ ended: 1, answered: 2 })
  })

  test('says goodbye after a while, to the first connections only', async () => {
    await using server = await closing({ after: { ms: 20 }, only: 1 })
    const [first, second] = [await open(server.url), await open(server.url)]
    expect(await closeOf(first)).toMatchObject({ code: 1005 })
    expect(await ping(second, 'still here')).toBe('still here')
  })
})

test.each([false, true])('resetting ends with a TCP reset (TLS: %s)', async (tls) => {
  await using server = await resetting({ after: { answers: 1 }, tls })
  const client = await open(server.url, { rejectUnauthorized: false })
  const failed = once(tcpOf(client), 'error')
  const closed = closeOf(client)
  client.ping()
  expect(await failed).toMatchObject([{ code: 'ECONNRESET' }])
  expect(await closed).toMatchObject({ code: 1006 })
})

test.each([false, true])('vanishing ends without a close frame (TLS: %s)', async (tls) => {
  await using server = await vanishing({ after: { answers: 1 }, tls })
  const client = await open(server.url, { rejectUnauthorized: false })
  client.ping()
  expect(await closeOf(client)).toMatchObject({ code: 1006 })
  expect(server).toMatchObject({ ended: 1, answered: 1 })
})

test.each([401, 403, 503])('refusing answers the handshake with %i', async (status) => {
  await using server = await refusing(status)
  expect(await refusalOf(server.url)).toMatchObject({ statusCode: status })
  expect(server.handshakes).toMatchObject([{ status, headers: { upgrade: 'websocket' } }])
})

test('refusing can redirect', async () => {
  await using server = await echoing()
  await using redirecting = await refusing(302, { location: server.url })
  expect(await refusalOf(redirecting.url)).toMatchObject({ statusCode: 302, headers: { location: server.url } })
  await open(redirecting.url, { followRedirects: true })
  expect(server.handshakes).toHaveLength(1)
})

test('dead refuses connections', async () => {
  await using port = await dead()
  await expect(open(port.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('dead gives its port free in the end', async () => {
  // Another connection of this machine may take it at once, but hardly every time.
  const listenThere = async (): Promise<void> => {
    const port = await dead()
    await port[Symbol.asyncDispose]()
    await using server = await echoing({ port: port.port })
    await open(server.url)
  }
  await expect.poll(listenThere, { timeout: 10_000 }).toBeUndefined()
})

describe('babbling', () => {
  test.each(Object.keys(babbles) as Babble[])('sends %s, which a client refuses', async (babble) => {
    await using server = await babbling(babble)
    const client = new WebSocket(server.url)
    expect(await errorOf(client)).toMatch(/^WS_ERR_/)
    await expect.poll(() => server.closes).toHaveLength(1)
  })

  test('answers until then', async () => {
    await using server = await babbling(Buffer.from('\x83\x00', 'latin1'), { after: { answers: 2 } })
    const client = await open(server.url)
    const failed = errorOf(client)
    expect(await ping(client, '1')).toBe('1')
    expect(await ping(client, '2')).toBe('2')
    expect(await failed).toBe('WS_ERR_INVALID_OPCODE')
    await expect.poll(() => server.closes).toMatchObject([{ code: 1002 }])
  })

  test('breaks out after a while', async () => {
    await using server = await babbling('invalid UTF-8', { after: { ms: 10 } })
    const client = await open(server.url)
    expect(await errorOf(client)).toBe('WS_ERR_INVALID_UTF8')
    await expect.poll(() => server.closes).toMatchObject([{ code: 1007 }])
  })
})

test('chopping answers in pieces', async () => {
  await using server = await chopping({ every: 3 })
  const client = await open(server.url)
  const pieces = segmentsOf(client)
  expect(await ask(client, 'x'.repeat(200))).toBe('x'.repeat(200))
  expect(await ping(client, 'probe')).toBe('probe')
  // Two answers of 204 and 7 bytes: a busy client may find several pieces at once, never all of them.
  expect(pieces.length).toBeGreaterThan(4)
  client.close(1000)
  expect(await closeOf(client)).toMatchObject({ code: 1000 })
  await expect.poll(() => server.closes).toEqual([{ code: 1000, reason: '' }])
})

test('gluing answers many requests in one segment', async () => {
  await using server = await gluing(20)
  const client = await open(server.url)
  const pieces = segmentsOf(client)
  expect(await answersTo(client, ['1', '2', '3'])).toEqual(['1', '2', '3'])
  expect(server.writes).toEqual([3])
  expect(pieces).toEqual([9])
})

test('fragmenting echoes in fragments with control frames between them', async () => {
  await using server = await fragmenting()
  const client = await open(server.url)
  const controls: string[] = []
  client.on('ping', (payload) => controls.push(String(payload))).on('pong', (payload) => controls.push(String(payload)))
  expect(await ask(client, 'grüße, ihr alle')).toBe('grüße, ihr alle')
  expect(controls).toEqual(['between', 'unasked'])
  expect(await ping(client, 'probe')).toBe('probe')
  await expect.poll(() => server.pongs).toBe(1)
})

test('answering leaves the answers to a handler', async () => {
  const waiting: string[] = []
  await using server = await answering((message, send) => {
    const { id } = JSON.parse(String(message)) as { id: number }
    waiting.unshift(JSON.stringify({ id, ok: true }))
    if (waiting.length === 3) for (const answer of waiting) send(answer)
  })
  const client = await open(server.url)
  const answers = await answersTo(
    client,
    [1, 2, 3].map((id) => JSON.stringify({ id })),
  )
  expect(answers.map((answer) => (JSON.parse(answer) as { id: number }).id)).toEqual([3, 2, 1])
  expect(await ping(client, 'probe')).toBe('probe')
})

test('limited refuses the connection that is too many', async () => {
  await using server = await limited(2)
  const first = await open(server.url)
  await open(server.url)
  expect(await refusalOf(server.url)).toMatchObject({ statusCode: 503 })
  first.close()
  await expect.poll(() => server.sockets.size).toBe(1)
  await open(server.url)
})

describe('greeting', () => {
  test('sends a message in one segment with the handshake', async () => {
    await using server = await greeting('welcome')
    const socket = connectTcp(server.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write('GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n')
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    const [head, rest] = bytes.toString('latin1').split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1.1 101 /)
    expect(rest).toBe('\x81\x07welcome')
  })

  test.each([{}, { cut: 1 }, { cut: 50 }])('is understood by a client (%o)', async (options) => {
    await using server = await greeting('welcome', options)
    const client = new WebSocket(server.url)
    onTestFinished(() => client.terminate())
    expect(String((await once(client, 'message'))[0])).toBe('welcome')
    expect(await ask(client, 'thanks')).toBe('thanks')
  })
})

test('heartbeating sends pings of its own and pongs that nobody asked for', async () => {
  await using server = await heartbeating(10)
  const client = await open(server.url)
  expect(String((await once(client, 'pong'))[0])).toBe('')
  expect(String((await once(client, 'ping'))[0])).toBe('heartbeat')
  await expect.poll(() => server.pongs).toBeGreaterThan(0)
  expect(await ask(client, 'hello')).toBe('hello')
})

describe('python3-websockets', () => {
  test('answers pings and echoes messages', async ({ skip }) => {
    const missing = pythonMissing()
    skip(missing !== undefined, missing)
    await using server = await pythonEchoing()
    const client = await open(server.url)
    expect(await ask(client, 'hello')).toBe('hello')
    expect(await ping(client, 'probe')).toBe('probe')
    await server[Symbol.asyncDispose]()
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
  })
})

describe('nginx', () => {
  beforeEach(({ skip }) => {
    const missing = nginxMissing()
    skip(missing !== undefined, missing)
  })

  test.each([{ tls: false }, { tls: true }])('hands WebSockets on (TLS: $tls)', async ({ tls }) => {
    await using server = await echoing({ tls })
    await using gateway = await nginxProxying({ upstream: server.url, tls })
    const { ca } = await certificates()
    const client = await open(`${gateway.url}/path`, { ca, headers: { 'x-token': 'abc' } })
    expect(await ask(client, 'hello')).toBe('hello')
    expect(await ping(client, 'probe')).toBe('probe')
    expect(server.handshakes).toMatchObject([{ path: '/path', headers: { 'x-token': 'abc' } }])
    await gateway[Symbol.asyncDispose]()
    expect(() => process.kill(gateway.pid, 0)).toThrow('ESRCH')
  })

  test('says why it did not start', async () => {
    await expect(nginxProxying({ upstream: 'no url' })).rejects.toThrow(/did not start[^]*emerg/)
  })
})

const tcpSockets = new WeakMap<WebSocket, Socket>()

async function open(url: string, options: ClientOptions = {}): Promise<WebSocket> {
  const client = new WebSocket(url, { perMessageDeflate: false, ...options })
  client.on('error', () => {})
  client.on('upgrade', ({ socket }) => tcpSockets.set(client, socket))
  onTestFinished(() => client.terminate())
  await once(client, 'open')
  return client
}

async function refusalOf(url: string): Promise<IncomingMessage> {
  const client = new WebSocket(url)
  client.on('error', () => {})
  return new Promise((resolve) => {
    client.on('unexpected-response', (request, response) => {
      request.destroy()
      resolve(response)
    })
  })
}

async function ask(client: WebSocket, message: string | Buffer): Promise<string | Buffer> {
  return new Promise((resolve) => {
    client.once('message', (payload: Buffer, binary) => resolve(binary ? payload : payload.toString()))
    client.send(message)
  })
}

/** Sends all messages at once and collects as many answers. */
async function answersTo(client: WebSocket, messages: string[]): Promise<string[]> {
  return new Promise((resolve) => {
    const answers: string[] = []
    client.on('message', (payload: Buffer) => {
      if (answers.push(payload.toString()) === messages.length) resolve(answers)
    })
    for (const message of messages) client.send(message)
  })
}

async function ping(client: WebSocket, payload: string): Promise<string> {
  const answer = once(client, 'pong')
  client.ping(payload)
  return String((await answer)[0])
}

/** Sizes of what the client's socket reads from now on. */
function segmentsOf(client: WebSocket): number[] {
  const sizes: number[] = []
  tcpOf(client).on('data', (bytes) => sizes.push(bytes.length))
  return sizes
}

function tcpOf(client: WebSocket): Socket {
  return tcpSockets.get(client)!
}

function closeOf(client: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    client.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
}

function errorOf(client: WebSocket): Promise<string | undefined> {
  return new Promise((resolve) => {
    client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
}
