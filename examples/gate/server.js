/** A gateway that answers each message after some work. */
import { WebSocketServer } from 'ws'

const work = 2
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3001) })

server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate())
  socket.on('message', (data, isBinary) => setTimeout(() => socket.send(data, { binary: isBinary }), work))
})
