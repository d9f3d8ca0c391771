/** Control: a plain loop over `ws` that does the same work: pings with a payload, latencies in one HDR histogram. */
import { performance } from 'node:perf_hooks'
import { contend, cpuTime } from './flood.ts'
import { latencyHistogram, openSockets } from './plain-ws.ts'

await contend(async ({ url, connections, inFlight, seconds }) => {
  const histogram = latencyHistogram()
  const sockets = await openSockets(url, connections)
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
