/** Control: a plain loop over `ws` that does the same work: pings with a payload, latencies in one HDR histogram. */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { build, initWebAssembly } from 'hdr-histogram-js'
import { WebSocket } from 'ws'
import { mostHandshakes } from './flood.ts'
import { contend } from './resident.ts'

await initWebAssembly()

await contend(async ({ url, connections, inFlight, seconds }) => {
  const histogram = build({
    useWebAssembly: true,
    highestTrackableValue: 3_600_000_000_000,
    numberOfSignificantValueDigits: 3,
  })
  const sockets: WebSocket[] = []
  let failed = 0
  while (sockets.length + failed < connections) {
    const length = Math.min(mostHandshakes, connections - sockets.length - failed)
    const batch = Array.from({ length }, () => new WebSocket(url, { perMessageDeflate: false }))
    await Promise.allSettled(batch.map((socket) => once(socket, 'open')))
    const open = batch.filter((socket) => socket.readyState === WebSocket.OPEN)
    sockets.push(...open)
    failed += length - open.length
  }
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
  return { from, until, opened: sockets.length, failed }
})
