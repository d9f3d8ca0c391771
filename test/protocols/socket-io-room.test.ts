import type { Socket } from 'socket.io'
import { describe, expect, test } from 'vitest'
import { socketIO, type SocketIORoomOptions } from '../../src/protocols/index.ts'
import { fanOut } from '../support/run.ts'
import { acknowledging, versions } from '../support/socket-io.ts'

const rooms = {
  join: { event: 'join', args: ['room %r'] },
  publish: { event: 'say', args: ['room %r', { text: '%m' }] },
  event: 'said',
} as const
const load = { subscribers: 12, publishers: 2, rooms: 2, rate: '40/s', duration: '1s', warmup: '100ms' } as const

describe.for(versions)('rooms of Socket.IO %s', ([, version]) => {
  test('are joined, and all of their members have each message', async () => {
    await using server = await acknowledging({ version })
    const summary = await fanOut({ ...load, url: server.url, protocol: socketIO.room(rooms) })
    expect(summary.errors).toEqual({})
    expect(summary).toMatchObject({ expected: 240, delivered: 240, missed: 0, duplicates: 0, outOfOrder: 0 })
    expect(summary.session.count).toBe(14)
    expect(server.entered).toHaveLength(14)
  })

  test('are in a namespace, and pass on attachments', async () => {
    await using server = await acknowledging({ version })
    const publish = { event: 'say', args: ['room %r', '%m', new Uint8Array([1, 2, 3])] }
    const protocol = socketIO.room({ ...rooms, publish, namespace: '/admin', auth: { token: 'letmein' } })
    const summary = await fanOut({ ...load, url: server.url, protocol })
    expect(summary.errors).toEqual({})
    expect(summary).toMatchObject({ expected: 240, delivered: 240 })
  })

  test('outlive heartbeats', async () => {
    await using server = await acknowledging({ version, pingInterval: 200, pingTimeout: 400 })
    const summary = await fanOut({ ...load, url: server.url, duration: '2s', protocol: socketIO.room(rooms) })
    expect(summary).toMatchObject({ reach: 1, connections: { closedEarly: 0 } })
  })
})

test('whose server wants each delivery acknowledged have each message', async () => {
  const wants = (socket: Socket): void => {
    socket.removeAllListeners('say')
    socket.on('say', (room: string, said: unknown) =>
      socket.nsp
        .to(room)
        .timeout(1_000)
        .emit('said', said, () => {}),
    )
  }
  for (const namespace of ['/', '/admin']) {
    await using server = await acknowledging({ greet: (socket) => setImmediate(wants, socket) })
    const protocol = socketIO.room({ ...rooms, namespace, auth: { token: 'letmein' } })
    const summary = await fanOut({ ...load, url: server.url, protocol })
    expect(summary).toMatchObject({ expected: 240, delivered: 240 })
  }
})

test('whose server acknowledges a join with bytes are joined', async () => {
  const greet = (socket: Socket): void => {
    socket.on('enter', (room: string, acknowledge: (ticket: Uint8Array) => void) => {
      void socket.join(room)
      acknowledge(Buffer.of(1))
    })
  }
  await using server = await acknowledging({ greet })
  const protocol = socketIO.room({ ...rooms, join: { event: 'enter', args: ['room %r'] } })
  const summary = await fanOut({ ...load, url: server.url, protocol })
  expect(summary.errors).toEqual({})
  expect(summary).toMatchObject({ expected: 240, delivered: 240 })
})

test('who puts sockets into rooms itself is not asked to', async () => {
  await using server = await acknowledging({ greet: (socket) => void socket.join('room 0') })
  const { join: _, ...others } = rooms
  const summary = await fanOut({ ...load, rooms: 1, url: server.url, protocol: socketIO.room(others) })
  expect(summary).toMatchObject({ delivered: 12 * 40, reach: 1 })
})

test('another event is none of the messages', async () => {
  await using server = await acknowledging()
  const protocol = socketIO.room({ ...rooms, event: 'told' })
  const summary = await fanOut({ ...load, url: server.url, timeout: '200ms', protocol })
  expect(summary).toMatchObject({ delivered: 0, reach: 0 })
  expect(summary.messages.unsolicited).toBeGreaterThanOrEqual(240)
})

test('a join that is never acknowledged is told what it waits for', async () => {
  await using server = await acknowledging()
  const protocol = socketIO.room({ ...rooms, join: { event: 'mute' } })
  const { errors } = await fanOut({ ...load, url: server.url, sessionTimeout: '200ms', protocol })
  expect(errors['SESSION_TIMEOUT']?.samples[0]).toContain('does the handler of join call its acknowledgement?')
})

test.each<[Partial<SocketIORoomOptions>, string]>([
  [{ publish: { event: 'say', args: ['room'] } }, 'publish: expected args with %m in a text'],
  [{ join: { event: 'connect' } }, 'join.event: expected an event that Socket.IO does not keep for itself'],
  [{ events: 'said' } as never, 'events: no such option, did you mean "event"?'],
])('%o is refused', (options, mistake) => {
  expect(() => socketIO.room({ ...rooms, ...options })).toThrow(mistake)
})
