/** Control: a bare `net` socket loop with `onread`, which measures nothing: the least that Node can do. */
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { contend, cpuTime, mostHandshakes } from './flood.ts'

const payloadLength = 8
const ping = Buffer.from([0x89, 0x80 | payloadLength, 0, 0, 0, 0, ...Buffer.alloc(payloadLength)])
const pongLength = 2 + payloadLength

await contend(async ({ url, connections, inFlight, seconds }) => {
  const { hostname, port } = new URL(url)
  const burst = Buffer.concat(Array.from({ length: inFlight }, () => ping))
  const buffer = Buffer.allocUnsafeSlow(65_536)
  let pings = 0
  const done = { handshakes: 0 }
  let until = Infinity
  const sockets: Socket[] = []
  for (let nth = 0; nth < connections; nth++) {
    while (nth >= done.handshakes + mostHandshakes) await setTimeout(1)
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
          pings += answered
          if (performance.now() < until) socket.write(answered === 1 ? ping : burst.subarray(0, answered * ping.length))
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
  const before = cpuTime()
  const started = performance.now()
  until = started + seconds * 1_000
  for (const socket of sockets) socket.write(burst)
  await setTimeout(seconds * 1_000)
  return { pings, seconds: (performance.now() - started) / 1_000, flooding: cpuTime() - before }
})
