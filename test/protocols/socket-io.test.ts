import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { socketIO, type SocketIOOptions } from '../../src/protocols/index.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { flood, floodAt } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { echoing } from '../support/servers.ts'
import { serveWebSockets } from '../support/ws-server.ts'
import { acknowledging, type SocketIOServer, versions } from '../support/socket-io.ts'

const load = { connections: 2, inFlight: 3, pings: 30 } as const
const echo = { event: 'echo', args: ['hi', { n: 1 }] } as const

/** The first sample of the only fault of a flood. */
async function onlyFault(server: SocketIOServer, probe: SocketIOOptions, others: WsLoadOptions = {}): Promise<string> {
  const { errors, pings } = await flood(server, { connections: 2, duration: 1_000, ...others, probe: socketIO(probe) })
  expect(pings.answered).toBe(0)
  expect(Object.keys(errors)).toHaveLength(1)
  const [[code, { samples }]] = Object.entries(errors) as [[string, LoadResult['errors'][string]]]
  return `${code}: ${samples.join('\n')}`
}

function refuse(_request: unknown, decide: (error: string | null, isAllowed: boolean) => void): void {
  decide(null, false)
}

/** A module of a user that exports a protocol made of this one. */
async function changed(protocol: string): Promise<string> {
  const index = new URL('../../src/protocols/index.ts', import.meta.url).href
  return moduleFile(`import { socketIO, socketIOProtocol } from '${index}'\nexport default ${protocol}`)
}

describe.for(versions)('socketIO against Socket.IO %s', ([, version]) => {
  test('emits events, each answered by its acknowledgement', async () => {
    await using server = await acknowledging({ version })
    const { pings, errors, session, messages } = await flood(server, { ...load, probe: socketIO(echo) })
    expect(errors).toEqual({})
    expect(pings).toMatchObject({ sent: 30, answered: 30 })
    expect(session.count).toBe(2)
    expect(messages.unsolicited).toBe(0)
    expect(server.echoed).toEqual(Array.from({ length: 30 }, () => ['hi', { n: 1 }]))
    expect(server.entered.map(({ namespace }) => namespace)).toEqual(['/', '/'])
  })

  test('outlives heartbeats while others log in, in warm-up, measurement and drain', async () => {
    const heartbeats = { pingInterval: 200, pingTimeout: 400 }
    await using server = await acknowledging({ version, ...heartbeats })
    const { pings, errors, connections, messages } = await flood(server, {
      connections: 3,
      sessionRate: 3,
      warmup: 400,
      duration: 2_000,
      probe: socketIO(echo),
    })
    expect(errors).toEqual({})
    expect(connections).toMatchObject({ opened: 3, closedEarly: 0 })
    expect(pings.answered).toBe(pings.sent)
    // As many as fit into three times the patience of the server.
    expect(messages.unsolicited).toBeGreaterThan((3 * 3 * heartbeats.pingTimeout) / heartbeats.pingInterval)
    expect(server.left).not.toContain('ping timeout')
  })

  test('sends binary arguments, and takes an acknowledgement with some for one message', async () => {
    await using server = await acknowledging({ version })
    const args = [Uint8Array.of(1, 2), { file: new ArrayBuffer(2_000), name: 'a[b' }]
    const { pings, errors, messages } = await flood(server, { ...load, probe: socketIO({ event: 'echo', args }) })
    expect(errors).toEqual({})
    expect(pings).toMatchObject({ sent: 30, answered: 30 })
    expect(messages.unsolicited).toBe(0)
    expect(server.echoed).toHaveLength(30)
    expect(server.echoed[0]).toEqual([Buffer.of(1, 2), { file: Buffer.alloc(2_000), name: 'a[b' }])
  })

  test('enters a namespace with credentials', async () => {
    await using server = await acknowledging({ version })
    const probe = socketIO({ ...echo, namespace: 'admin', auth: { token: 'letmein' }, query: { room: 'a b' } })
    const { pings, errors } = await flood(server, { ...load, probe })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(30)
    for (const { namespace, auth, query } of server.entered) {
      expect({ namespace, auth }).toEqual({ namespace: '/admin', auth: { token: 'letmein' } })
      expect(query).toMatchObject({ room: 'a b', EIO: '4', transport: 'websocket' })
    }
  })

  test('is told why it is not let in, without the secret', async () => {
    await using server = await acknowledging({ version })
    const wrong = { ...echo, namespace: '/admin', auth: { token: 'guess' } }
    expect(await onlyFault(server, wrong)).toBe(
      'SESSION_FAILED: Error: the server does not let this user into namespace /admin (not you, masked); check the option auth',
    )
  })

  test('is told that a namespace does not exist', async () => {
    await using server = await acknowledging({ version })
    expect(await onlyFault(server, { ...echo, namespace: '/nowhere' })).toBe(
      'SESSION_FAILED: Error: the server has no namespace /nowhere (Invalid namespace); the option namespace names another one',
    )
  })

  test('hears what is pushed, binary events too, and takes none of it for an answer', async () => {
    const greet = (socket: { emit: (event: string, ...args: unknown[]) => void }): void => {
      for (let nth = 0; nth < 5; nth++) socket.emit('welcome', Buffer.alloc(100), nth, Buffer.alloc(3_000))
    }
    await using server = await acknowledging({ version, greet })
    const { pings, errors, messages } = await flood(server, { ...load, probe: socketIO(echo) })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(30)
    expect(messages.unsolicited).toBe(10)
  })
})

describe('a path', () => {
  test.for([
    ['of its own', { path: '/live/' }, '', { path: '/live' }],
    ['of the URL', { path: '/live/' }, '/live/', {}],
    ['of the URL and of its own', { path: '/live/' }, '/live/?a=b', { path: '/live/' }],
    ['of the URL without a slash at the end', { path: '/live/' }, '/live?a=b', {}],
  ] as const)('%s leads to the server', async ([, serverOptions, suffix, options]) => {
    await using server = await acknowledging(serverOptions)
    const { pings, errors } = await floodAt(`${server.url}${suffix}`, {
      ...load,
      probe: socketIO({ ...echo, ...options }),
    })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(30)
  })

  test('where no Socket.IO server listens is told with the option', async () => {
    await using server = await acknowledging({ path: '/live' })
    expect(await onlyFault(server, { ...echo, path: '/socket.io' })).toBe(
      'ECONNRESET: socket hang up; no Socket.IO server, version 3 or later, at /socket.io/? Check url and the option path',
    )
  })

  test.for([
    ['has no WebSocket', { transports: ['polling'] }],
    ['refuses the handshake', { allowRequest: refuse }],
  ] as const)('of a server that %s is told with what decides on it', async ([, serverOptions]) => {
    await using server = await acknowledging(serverOptions as Parameters<typeof acknowledging>[0])
    expect(await onlyFault(server, echo)).toBe(
      'HTTP_400: 400 Bad Request; check headers, query, and the transports and allowRequest of the server',
    )
  })

  test('where another server listens is told with the option', async () => {
    await using server = await echoing()
    const { errors } = await flood(server, { connections: 1, sessionTimeout: 300, probe: socketIO(echo) })
    expect(errors['SESSION_TIMEOUT']!.samples).toEqual([
      expect.stringContaining(
        'not over after 300 ms; no Socket.IO server, version 3 or later, at the path of the URL? Check url and the option path',
      ),
    ])
  })
})

describe('a server that', () => {
  test('is not answered its heartbeats ends connections', async () => {
    await using server = await acknowledging({ pingInterval: 100, pingTimeout: 200 })
    const probe = { protocol: await changed('{ ...socketIOProtocol, message: undefined }'), data: echo }
    const { connections } = await flood(server, { connections: 2, duration: 2_000, probe })
    expect(connections.closedEarly).toBe(2)
    expect(server.left).toEqual(['ping timeout', 'ping timeout'])
  })

  test('disconnects the socket ends its connection', async () => {
    await using server = await acknowledging()
    const { errors, connections, ended } = await flood(server, {
      connections: 2,
      duration: 10_000,
      probe: socketIO({ event: 'kick' }),
    })
    expect(ended).toBe('disconnected')
    expect(connections).toMatchObject({ opened: 2, closedEarly: 2 })
    expect(errors).toEqual({
      CLOSE_1000: { count: 2, samples: ['closed by the protocol: the server disconnected its socket'] },
    })
  })

  test.for(['kick', 'hang up'])('sends sockets away (%s) is entered again by those that come back', async (event) => {
    await using server = await acknowledging()
    const { connections, errors } = await flood(server, {
      connections: 1,
      duration: 600,
      reconnect: { max: 3, backoff: 20 },
      probe: socketIO({ event }),
    })
    expect(Object.keys(errors)).toHaveLength(1)
    expect(connections).toMatchObject({ opened: 1, failedReconnects: 0 })
    expect(server.entered.length).toBe(1 + connections.reconnects)
    expect(connections.reconnects).toBeGreaterThan(0)
  })

  test('never acknowledges leaves pings to time out', async () => {
    await using server = await acknowledging()
    const probe = socketIO({ event: 'mute' })
    const { pings } = await flood(server, { connections: 1, pings: 2, timeout: 100, probe })
    expect(pings).toMatchObject({ sent: 2, timedOut: 2 })
  })
})

describe('a server that goes wrong', () => {
  /** Speaks as Socket.IO does, and says this to an event. */
  function saying(answer: (id: string) => readonly (string | Buffer)[]) {
    return serveWebSockets({}, (socket) => {
      socket.send('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')
      socket.on('message', (message: Buffer) => {
        const [, id] = /^42(\d+)\[/.exec(message.toString()) ?? []
        if (message.toString().startsWith('40')) socket.send('40{"sid":"b"}')
        else if (id !== undefined) for (const part of answer(id)) socket.send(part)
      })
    })
  }
  const load = { connections: 1, pings: 1, timeout: 200, probe: socketIO({ event: 'echo' }) } as const

  test.for([
    ['for another namespace', (id: string) => [`43/foo,${id}[]`]],
    ['that cannot be read', (id: string) => [`43${id}[[[`]],
    ['whose attachment is a text', (id: string) => [`461-${id}[{"_placeholder":true,"num":0}]`, 'half']],
  ] as const)('with an acknowledgement %s has not answered', async ([, answer]) => {
    await using server = await saying(answer)
    const { pings } = await flood(server, load)
    expect(pings).toMatchObject({ sent: 1, answered: 0, timedOut: 1 })
  })

  test('with the end of its Engine.IO connection has ended it', async () => {
    await using server = await saying(() => ['1'])
    const { errors, connections } = await flood(server, load)
    expect(connections.closedEarly).toBe(1)
    expect(errors['CLOSE_1000']?.samples).toEqual([
      'closed by the protocol: the server closed its Engine.IO connection',
    ])
  })
})

describe('options', () => {
  test('that are wrong are one error', () => {
    const wrong = {
      event: 'disconnect',
      args: 'hi',
      namespace: '/a,b',
      auth: 'secret',
      path: 'live',
      rooms: 1,
    } as never
    expect(() => socketIO(wrong)).toThrow(
      expect.objectContaining({
        code: 'WSLOAD_ERR_INVALID_OPTIONS',
        message: `socketIO: 6 options are wrong
  event: expected an event that Socket.IO does not keep for itself, got "disconnect"
  args: expected a list of arguments, got "hi"
  namespace: expected a namespace without a comma and a query, got "/a,b"
  auth: expected an object that JSON can say, got a text of 6 characters
  path: expected a path that begins with a slash, without a query, got "live"
  rooms: no such option`,
      }),
    )
  })

  test('that JSON cannot say are wrong', () => {
    expect(() => socketIO({ event: 'echo', args: [1n] })).toThrow(
      'args: expected a list of arguments that JSON can say',
    )
  })

  test('may be each connection’s own', async () => {
    await using server = await acknowledging()
    const protocol = await changed(`{
      ...socketIOProtocol,
      data: (index) => socketIO({ event: 'echo', auth: { user: index } }).data,
    }`)
    const { pings, errors } = await flood(server, { connections: 3, pings: 9, probe: { protocol } })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(9)
    expect(server.entered.map(({ auth }) => auth)).toEqual(expect.arrayContaining([0, 1, 2].map((user) => ({ user }))))
  })
})
