/** What every control over `ws` begins with. */
import { once } from 'node:events'
import { build, type Histogram, initWebAssembly } from 'hdr-histogram-js'
import { WebSocket } from 'ws'
import { mostHandshakes } from './flood.ts'

await initWebAssembly()

/** Of latencies in nanoseconds, up to an hour, to three digits. */
export function latencyHistogram(): Histogram {
  return build({
    useWebAssembly: true,
    highestTrackableValue: 3_600_000_000_000,
    numberOfSignificantValueDigits: 3,
  })
}

/** Opens connections, a batch at a time. @throws unless all of them open */
export async function openSockets(url: string, connections: number): Promise<WebSocket[]> {
  const sockets: WebSocket[] = []
  for (let begun = 0; begun < connections; begun += mostHandshakes) {
    const length = Math.min(mostHandshakes, connections - begun)
    const batch = Array.from({ length }, () => new WebSocket(url, { perMessageDeflate: false }))
    await Promise.allSettled(batch.map((socket) => once(socket, 'open')))
    sockets.push(...batch.filter((socket) => socket.readyState === WebSocket.OPEN))
  }
  if (sockets.length < connections) throw new Error(`${sockets.length} of ${connections} opened`)
  return sockets
}
