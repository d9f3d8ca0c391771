/** Control: a plain loop over `ws` that does the same work: pings with a payload, latencies in one HDR histogram. */
import { once } from 'node:events'
import { build, initWebAssembly } from 'hdr-histogram-js'
import { WebSocket } from 'ws'
import { contend, cpuTime, mostHandshakes } from './flood.ts'

await initWebAssembly()

await contend(async ({ url, connections, inFlight, seconds }) => {
  const histogram = build({
    useWebAssembly: true,
    highestTrackableValue: 3_600_000_000_000,
    numberOfSignificantValueDigits: 3,
  })
  const sockets: WebSocket[] = []
  while (sockets.length < connections) {
    const length = Math.min(mostHandshakes, connections - sockets.length)
    const batch = Array.from({ length }, () => new WebSocket(url, { perMessageDeflate: false }))
    await Promise.all(batch.map((socket) => once(socket, 'open')))
    sockets.push(...batch)
  }
  const before = cpuTime()
  const started = performance.now()
  const until = started + seconds * 1_000
  let pings = 0
  for (const socket of sockets) {
    const payload = Buffer.alloc(8)
    const sent: number[] = []
    const ping = (): void => {
      sent.push(performance.now())
      socket.ping(payload)
    }
    socket.on('pong', () => {
      const now = performance.now()
      histogram.recordValue(Math.round((now - sent.shift()!) * 1e6))
      pings++
      if (now < until) ping()
    })
    for (let nth = 0; nth < inFlight; nth++) ping()
  }
  await new Promise((resolve) => setTimeout(resolve, until - performance.now()))
  histogram.toJSON()
  return { pings, seconds: (performance.now() - started) / 1_000, flooding: cpuTime() - before }
})
