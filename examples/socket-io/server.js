/** A chat of who has logged in: it acknowledges messages, and passes on what is said in a room; `DELAY=400` makes it slow. */
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const delay = Number(process.env.DELAY ?? 0)
const server = createServer()
const chat = new Server(server).of('/chat')

chat.use((socket, next) => {
  next(socket.handshake.auth.token === 'secret' ? undefined : new Error('wrong token'))
})
chat.on('connection', (socket) => {
  socket.on('join', (room, acknowledge) => {
    void socket.join(room)
    acknowledge()
  })
  socket.on('say', (room, text) => setTimeout(() => chat.to(room).emit('said', text), delay))
  socket.on('message', (text, acknowledge) => {
    if (delay > 0) setTimeout(() => acknowledge(text), delay)
    else acknowledge(text)
  })
})
server.listen(3001, '127.0.0.1')
