// A gateway that answers each message after some work.
import { WebSocketServer } from 'ws'

const { HOST: host = '127.0.0.1', PORT: port = '3001' } = process.env
const server = new WebSocketServer({ host, port: Number(port) })

server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate())
  socket.on('message', (data, isBinary) => setTimeout(() => socket.send(data, { binary: isBinary }), 2))
})
