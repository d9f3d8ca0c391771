// A gateway whose quotes take its one event loop 2 ms each: it can give almost 500 a second.
import { WebSocketServer } from 'ws'

const work = Number(process.env.WORK ?? 2)
const server = new WebSocketServer({ host: '127.0.0.1', port: 3001 })
server.on('connection', (socket) => {
  socket.on('message', () => {
    const end = performance.now() + work
    while (performance.now() < end);
    socket.send('42')
  })
})
