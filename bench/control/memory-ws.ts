/** Control: a plain loop over `ws` that does the same work: pings with a payload, latencies in one HDR histogram. */
import { setTimeout } from 'node:timers/promises'
import { latencyHistogram, openSockets } from './plain-ws.ts'
import { contend } from './resident.ts'

await contend(async ({ url, connections, inFlight, seconds }) => {
  const histogram = latencyHistogram()
  const sockets = await openSockets(url, connections)
  const from = Date.now()
  const until = from + seconds * 1_000
  for (const socket of sockets) {
    const payload = Buffer.alloc(8)
    const sent: number[] = []
    const ping = (): void => {
      sent.push(performance.now())
      socket.ping(payload)
    }
    socket.on('pong', () => {
      histogram.recordValue(Math.round((performance.now() - sent.shift()!) * 1e6))
      if (Date.now() < until) ping()
    })
    for (let nth = 0; nth < inFlight; nth++) ping()
  }
  await setTimeout(until - Date.now())
  for (const socket of sockets) socket.terminate()
  histogram.destroy()
  return { from, until, opened: sockets.length, failed: connections - sockets.length }
})
