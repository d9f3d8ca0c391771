/** Control: a loop over `ws` as one would write it by hand: requests in JSON, answers found by id, latencies in one HDR histogram. */
import { contend, cpuTime } from './flood.ts'
import { latencyHistogram, openSockets } from './plain-ws.ts'

await contend(async ({ url, connections, inFlight, seconds }) => {
  const histogram = latencyHistogram()
  const sockets = await openSockets(url, connections)
  const before = cpuTime()
  const started = performance.now()
  const until = started + seconds * 1_000
  const sent = new Map<number, number>()
  let lastId = 0
  let pings = 0
  for (const socket of sockets) {
    const ping = (): void => {
      const id = ++lastId
      sent.set(id, performance.now())
      socket.send(JSON.stringify({ id, method: 'echo' }))
    }
    socket.on('message', (message: Buffer) => {
      const now = performance.now()
      const { id } = JSON.parse(String(message)) as { id: number }
      histogram.recordValue(Math.round((now - sent.get(id)!) * 1e6))
      sent.delete(id)
      pings++
      if (now < until) ping()
    })
    for (let nth = 0; nth < inFlight; nth++) ping()
  }
  await new Promise((resolve) => setTimeout(resolve, until - performance.now()))
  histogram.toJSON()
  return { pings, seconds: (performance.now() - started) / 1_000, flooding: cpuTime() - before }
})
