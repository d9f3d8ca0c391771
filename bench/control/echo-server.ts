/**
 * The server all contenders flood: answers pings and nothing else, with as little work as a Node process can, so that
 * the clients are what is compared. Prints its URL, ends with its parent.
 */
import { createHash } from 'node:crypto'
import { createServer, type AddressInfo, type Socket } from 'node:net'

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const server = createServer({ noDelay: true }, (socket) => {
  socket.once('data', (request) => {
    const key = /^sec-websocket-key: *(.+?)\r$/im.exec(String(request))?.[1] ?? ''
    const accept = createHash('sha1')
      .update(key + magic)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.on('data', (frames) => answer(socket, frames))
  })
  socket.on('error', () => socket.destroy())
})

/** Unmasks whole ping frames with payloads up to 125 bytes into pongs, in place; anything else ends the connection. */
function answer(socket: Socket, frames: Buffer): void {
  let to = 0
  for (let at = 0; at < frames.length;) {
    const length = frames[at + 1]! & 0x7f
    if (frames[at] !== 0x89 || at + 6 + length > frames.length) {
      socket.destroy()
      return
    }
    const key = frames.readUInt32BE(at + 2)
    frames[to] = 0x8a
    frames[to + 1] = length
    for (let byte = 0; byte < length; byte++)
      frames[to + 2 + byte] = frames[at + 6 + byte]! ^ (key >>> (24 - 8 * (byte & 3)))
    to += 2 + length
    at += 6 + length
  }
  socket.write(to === frames.length ? frames : frames.subarray(0, to))
}

server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => {
  process.send?.(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.on('disconnect', () => process.exit())
