import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { chatting } from '../support/chat.ts'
import { flood, floodAt } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { closing, echoing, resetting, silent } from '../support/servers.ts'
import { serveWebSockets } from '../support/ws-server.ts'

const soon = { backoff: 10 } as const
const models = [
  ['the closed model', { inFlight: 2 }],
  ['a rate', { rate: 2_000 }],
] as const

describe.for(models)('a connection that ends early, of %s', ([, load]) => {
  test('stays away unless it is asked back', async () => {
    await using server = await closing({ after: { answers: 5 } })
    const { connections, reconnect, ended } = await flood(server, { connections: 3, duration: 5_000, ...load })
    expect(connections).toMatchObject({ opened: 3, closedEarly: 3, reconnects: 0 })
    expect(reconnect.count).toBe(0)
    expect(ended).toBe('disconnected')
    expect(server.handshakes).toHaveLength(3)
  })

  test('is opened again, and its pings go on', async () => {
    await using server = await closing({ after: { answers: 5 } })
    const result = await flood(server, { connections: 3, duration: 600, ...load, reconnect: soon })
    const { connections, pings, handshake, reconnect, ended } = result
    expect(connections).toMatchObject({ requested: 3, opened: 3, failed: 0, failedReconnects: 0 })
    expect(connections.reconnects).toBeGreaterThan(3)
    expect(connections.closedEarly).toBeGreaterThanOrEqual(connections.reconnects)
    // The last ones may be given up before the server knows of them.
    expect(server.handshakes.length).toBeGreaterThanOrEqual(3 + reconnect.count)
    expect(server.handshakes.length).toBeLessThanOrEqual(3 + connections.reconnects)
    expect(pings.answered).toBeGreaterThan(3 * 5)
    expect(handshake.count).toBe(3 + reconnect.count)
    // A timer counts whole milliseconds.
    expect(reconnect.min).toBeGreaterThan(soon.backoff / 2 - 1)
    expect(['completed', 'disconnected']).toContain(ended)
  })

  test('is opened again as often as is allowed, and no more', async () => {
    await using server = await resetting({ after: { answers: 1 } })
    const result = await flood(server, { connections: 3, duration: 20_000, ...load, reconnect: { ...soon, max: 2 } })
    expect(result.connections).toMatchObject({ closedEarly: 9, reconnects: 6, failedReconnects: 0 })
    expect(result.reconnect.count).toBe(6)
    expect(result.ended).toBe('disconnected')
    expect(server.handshakes).toHaveLength(9)
  })

  test('logs in again', async () => {
    const heartbeat = { every: 20, patience: 60 }
    await using server = await chatting({ heartbeat })
    const probe = { protocol: new URL('../support/chat.protocol.ts', import.meta.url) }
    const result = await flood(server, { connections: 2, duration: '3s', ...load, probe, reconnect: soon })
    const { connections, session, errors } = result
    expect(connections.reconnects).toBeGreaterThan(2)
    expect(session.count).toBe(2 + result.reconnect.count)
    expect(server.users.length).toBeGreaterThanOrEqual(2 + result.reconnect.count)
    expect(errors).toHaveProperty('CLOSE_4408')
    // The room of a session before would be a wrong one.
    expect(errors).not.toHaveProperty('CLOSE_4400')
  })

  test('has no id twice', async () => {
    const ids: string[] = []
    await using server = await serveWebSockets({}, (socket) => {
      let left = 3
      socket.on('message', (message: Buffer) => {
        ids.push(String(message))
        socket.send(String(message))
        if (--left === 0) socket.close()
      })
    })
    const probe = {
      request: (id: number) => `${id}`,
      reply: (message: string | Uint8Array) => Number.parseInt(String(message), 10),
    }
    const { connections } = await flood(server, { connections: 2, duration: 400, ...load, probe, reconnect: soon })
    expect(connections.reconnects).toBeGreaterThan(2)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('does not come back to a server that is gone, and is tried ever less often', async () => {
    const server = await echoing()
    const running = flood(server, { connections: 4, duration: 1_500, drain: 0, ...load, reconnect: { backoff: 100 } })
    await expect.poll(() => server.pings).toBeGreaterThan(20)
    await server[Symbol.asyncDispose]()
    const result = await running
    const { connections, errors, reconnect } = result
    expect(connections).toMatchObject({ opened: 4, failed: 0, closedEarly: 4 })
    expect(connections.failedReconnects).toBeGreaterThanOrEqual(4)
    // After at least 50, 100, 200 and 400 ms.
    expect(connections.reconnects).toBeLessThanOrEqual(4 * 4)
    expect(errors).toHaveProperty('ECONNREFUSED')
    expect(reconnect.count).toBe(0)
    expect(evaluateSLO(result, { 'handshake.max': '< 20s', closedEarly: '<= 4' }).verdict).toBe('fail')
  })
})

describe('a reconnect', () => {
  test('makes no early end harmless that the SLO does not allow', async () => {
    await using server = await closing({ after: { answers: 50 } })
    const result = await flood(server, { connections: 4, duration: 600, rate: 1_000, reconnect: soon })
    const silent = evaluateSLO(result, { timedOut: '<= 0' })
    expect(silent.verdict).not.toBe('pass')
    expect(silent.reasons.join('\n')).toMatch(/^4 connections ended \d+ times before the run did/m)
    const allowed = { closedEarly: '<= 10000', timedOut: '<= 0' }
    expect(evaluateSLO(result, { reconnects: '<= 10000', ...allowed }).verdict).toBe('pass')
    const none = evaluateSLO(result, { reconnects: '<= 0', ...allowed })
    expect(none.verdict).not.toBe('pass')
    expect(none.objectives[0]).toMatchObject({ indicator: 'reconnects', measured: result.connections.reconnects })
  })

  test('that is under way at the end has failed if it never opens', async () => {
    const sockets: Duplex[] = []
    const opening = new WebSocketServer({ noServer: true, autoPong: false })
    const server = createServer().on('upgrade', (request, socket, head) => {
      if (sockets.push(socket) > 2) return
      opening.handleUpgrade(request, socket, head, (client) => client.on('ping', () => client.close()))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    const load = { connections: 2, duration: 500, rate: 200, connectTimeout: 700, reconnect: { backoff: 10, max: 1 } }
    const result = await floodAt(url, load)
    for (const socket of sockets) socket.destroy()
    server.close()
    expect(result.connections).toMatchObject({ opened: 2, closedEarly: 2, reconnects: 2, failedReconnects: 2 })
    expect(evaluateSLO(result, { 'handshake.max': '< 20s', closedEarly: '<= 2' }).verdict).not.toBe('pass')
  })

  test('under way at the end gives no ping more time for its answer', async () => {
    // One connection is answered too late, the other is dropped and then waits in vain to be open again.
    const sockets: Duplex[] = []
    const opening = new WebSocketServer({ noServer: true, autoPong: false })
    const server = createServer().on('upgrade', (request, socket, head) => {
      const nth = sockets.push(socket)
      if (nth > 2) return
      opening.handleUpgrade(request, socket, head, (client) => {
        if (nth === 1) client.on('ping', (data) => setTimeout(() => client.pong(data), 1_500))
        else setTimeout(() => client.close(), 100)
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    const load = { connections: 2, duration: 500, drain: 100, rate: 40, connectTimeout: 2_500 } as const
    const { pings, connections } = await floodAt(url, { ...load, reconnect: { backoff: 10, max: 1 } })
    for (const socket of sockets) socket.destroy()
    server.close()
    expect(connections).toMatchObject({ closedEarly: 1, reconnects: 1, failedReconnects: 1 })
    expect(pings).toMatchObject({ answered: 0, timedOut: 0 })
    expect(pings.lost).toBe(pings.sent)
  })

  test('has a session of its own, whatever the one before it still does', async () => {
    const late = await moduleFile(
      `let sessions = 0
      const texts = []
      export default {
        async session({ send, receive }) {
          const nth = ++sessions
          if (nth === 2) await new Promise((resolve) => setTimeout(resolve, 400))
          return nth
        },
        request: (id, { state }) => JSON.stringify({ id, state }),
        reply: (message) => JSON.parse(message).id,
      }`,
    )
    const states: number[] = []
    await using server = await serveWebSockets({}, (socket) => {
      let left = 2
      socket.on('message', (message: Buffer) => {
        states.push((JSON.parse(message.toString()) as { state: number }).state)
        socket.send(message.toString())
        if (--left === 0 && states.length === 2) socket.close()
      })
    })
    const load = { connections: 1, duration: 1_200, rate: 50, sessionTimeout: 100, reconnect: soon } as const
    const { connections } = await flood(server, { ...load, probe: { protocol: late } })
    expect(connections).toMatchObject({ reconnects: 2, failedReconnects: 1 })
    expect(new Set(states)).toEqual(new Set([1, 3]))
  })

  test('of a number of pings is waited for, whatever the timeout of these', async () => {
    await using server = await closing({ after: { answers: 5 }, only: 1 })
    const reconnect = { backoff: 600 }
    const { pings, ended } = await flood(server, { connections: 1, pings: 20, timeout: 100, reconnect })
    expect(ended).toBe('completed')
    expect(pings.sent).toBe(20)
  })

  test('does not leave sooner for first attempts that are still to come', async () => {
    await using server = await closing({ after: { ms: 20 } })
    const load = { connections: 20, connectRate: 50, duration: 300, rate: 100, reconnect: { backoff: 0 } } as const
    const began = performance.now()
    await flood(server, load)
    const seconds = (performance.now() - began) / 1_000
    expect(server.handshakes.length).toBeLessThanOrEqual(50 * seconds + 2)
  })

  test('waits for the pace of connections', async () => {
    await using server = await closing({ after: { ms: 50 } })
    const load = { connections: 10, connectRate: 100, duration: 1_000, rate: 100, reconnect: { backoff: 0 } } as const
    const begun = performance.now()
    const { connections } = await flood(server, load)
    const seconds = (performance.now() - begun) / 1_000
    expect(connections.reconnects).toBeGreaterThan(10)
    expect(connections.reconnects).toBeLessThanOrEqual(load.connectRate * seconds)
  })

  test('ends with the run, and so do sessions of it', async () => {
    await using server = await chatting({ heartbeat: { every: 20, patience: 250 }, welcomesAfter: 150 })
    const probe = { protocol: new URL('../support/chat.protocol.ts', import.meta.url) }
    const { connections } = await flood(server, { connections: 3, duration: 800, rate: 100, probe, reconnect: soon })
    expect(connections.reconnects).toBeGreaterThan(0)
  })

  test('ends when the run is aborted', async () => {
    const server = await echoing()
    const over = new AbortController()
    const load = { connections: 3, duration: 600_000, reconnect: { backoff: '10m' }, signal: over.signal } as const
    const running = flood(server, load)
    await expect.poll(() => server.pings).toBeGreaterThan(20)
    await server[Symbol.asyncDispose]()
    over.abort()
    expect(await running).toMatchObject({ ended: 'aborted', connections: { reconnects: 0 } })
  })

  test('keeps no number of pings going that nobody answers', async () => {
    await using server = await silent()
    const { ended } = await flood(server, { connections: 2, pings: 1_000, timeout: 100, reconnect: soon })
    expect(ended).toBe('stalled')
  })

  test('goes on with a number of pings', async () => {
    await using server = await closing({ after: { answers: 7 } })
    const { pings, connections } = await flood(server, { connections: 2, pings: 60, reconnect: soon })
    expect(pings.sent).toBe(60)
    expect(connections.reconnects).toBeGreaterThanOrEqual(4)
  })
})
