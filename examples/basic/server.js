/** A gateway that answers pings; `DELAY=400` makes it slow. */
import { WebSocketServer } from 'ws'

const delay = Number(process.env.DELAY ?? 0)
const server = new WebSocketServer({ host: '127.0.0.1', port: 3001, autoPong: false })

server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate())
  socket.on('ping', (payload) => {
    if (delay > 0) setTimeout(() => socket.pong(payload), delay)
    else socket.pong(payload)
  })
})
