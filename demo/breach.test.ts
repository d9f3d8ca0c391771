import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest-ws-load'
import { WebSocketServer } from 'ws'

test('answers pings within the SLO', async ({ wsLoad, onTestFinished }) => {
  const server = await slowServer()
  onTestFinished(() => server.close())
  const { port } = server.address() as AddressInfo
  const summary = await wsLoad({ url: `ws://127.0.0.1:${port}` })
  expect(summary).toMeetSLO({ p99: '< 20ms', errorRate: '< 0.1%', throughput: '> 1k/s' })
})

/** A server that answers after 5 ms, and every 25th time after 60 ms. */
async function slowServer(): Promise<WebSocketServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong: false })
  let pings = 0
  server.on('connection', (socket) => {
    socket.on('ping', (payload) => setTimeout(() => socket.pong(payload), ++pings % 25 === 0 ? 60 : 5))
  })
  await once(server, 'listening')
  return server
}
