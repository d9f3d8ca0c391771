/** Control: a bare `net` socket loop that allocates nothing itself: what is left are Node's own objects. */
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { contend, settling, watchHeap } from './heap-growth.ts'

const payloadLength = 8
const ping = Buffer.from([0x89, 0x80 | payloadLength, 0, 0, 0, 0, ...Buffer.alloc(payloadLength)])
const pongLength = 2 + payloadLength

await contend(async ({ url, connections, inFlight, seconds }) => {
  const { hostname, port } = new URL(url)
  const bursts = Array.from({ length: inFlight + 1 }, (_, count) => Buffer.alloc(count * ping.length, ping))
  const buffer = Buffer.allocUnsafeSlow(65_536)
  const done = { handshakes: 0, pings: 0 }
  const sockets: Socket[] = []
  for (let nth = 0; nth < connections; nth++) {
    let upgraded = false
    let pending = 0
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          if (!upgraded) {
            upgraded = true
            done.handshakes++
            return true
          }
          pending += length
          const answered = Math.floor(pending / pongLength)
          pending -= answered * pongLength
          done.pings += answered
          if (answered > 0) socket.write(bursts[answered]!)
          return true
        },
      },
    })
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'x'.repeat(22)}==\r\n\r\n`,
    )
    sockets.push(socket)
  }
  while (done.handshakes < connections) await setTimeout(1)
  const start = performance.now()
  for (const socket of sockets) socket.write(bursts[inFlight]!)
  const growth = watchHeap(start, seconds * 1_000)
  await setTimeout(start + settling - performance.now())
  const before = done.pings
  return { ...(await growth), pings: done.pings - before }
})
