/** Control: bare `net` sockets with `onread` that read nothing but short texts; these are counted as over `ws`. */
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { contend } from './fan-out.ts'
import { mostHandshakes } from './flood.ts'
import { Room } from './room.ts'

const headerLength = 2

await contend(async (order) => {
  const { hostname, port } = new URL(order.url)
  const buffer = Buffer.allocUnsafeSlow(65_536)
  const done = { handshakes: 0 }
  const publisher = open(() => {})
  const room = new Room(order.subscribers, (text) => publisher.write(frameOf(text)))
  for (let nth = 0; nth < order.subscribers; nth++) {
    while (nth >= done.handshakes + mostHandshakes) await setTimeout(1)
    open((text) => room.receive(nth, text))
  }
  while (done.handshakes < 1 + order.subscribers) await setTimeout(1)
  return room.hold(order)

  function open(receive: (text: string) => void): Socket {
    let isUpgraded = false
    let cut: Buffer = buffer.subarray(0, 0)
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          if (isUpgraded) cut = readFrames(cut, buffer.subarray(0, length), receive)
          else done.handshakes++
          isUpgraded = true
          return true
        },
      },
    })
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'x'.repeat(22)}==\r\n\r\n`,
    )
    return socket
  }
})

/** Reads whole texts; returns what is cut. */
function readFrames(cut: Buffer, read: Buffer, receive: (text: string) => void): Buffer {
  const bytes = cut.length === 0 ? read : Buffer.concat([cut, read])
  let at = 0
  while (bytes.length - at >= headerLength) {
    const end = at + headerLength + bytes[at + 1]!
    if (end > bytes.length) break
    receive(bytes.toString('utf8', at + headerLength, end))
    at = end
  }
  return at === bytes.length ? bytes.subarray(at) : Buffer.from(bytes.subarray(at))
}

/** A masked frame whose key is zero. */
function frameOf(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}
