import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2] ?? 0),
  backlog: 4_096,
  clientTracking: false,
  perMessageDeflate: true,
})

server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  socket.on('error', () => {})
})
server.once('listening', () => process.send?.({ port: (server.address() as AddressInfo).port }))

process.once('disconnect', () => process.exit())
if (process.send !== undefined && !process.connected) process.exit()
