/** Control: a plain loop over `ws` that an interval of one millisecond paces: each tick sends what has become due. */
import { once } from 'node:events'
import { build } from 'hdr-histogram-js'
import { WebSocket } from 'ws'

/** What the loop is asked to do, and what it answers: one JSON object each, by command line and standard output. */
export interface PacedOrder {
  readonly url: string
  readonly connections: number
  /** Pings per second over all connections. */
  readonly rate: number
  readonly seconds: number
}

export interface PacedOutcome {
  /** Pings sent before the time was up. */
  readonly sent: number
  /** Seconds of a processor that the process used meanwhile. */
  readonly cpu: number
  /** How late pings left, in milliseconds. */
  readonly delay: { readonly p50: number; readonly p99: number }
}

/** Seconds of a processor that this process has used. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

if (import.meta.main) {
  const { url, connections, rate, seconds } = JSON.parse(process.argv[2]!) as PacedOrder
  const sockets = Array.from({ length: connections }, () => new WebSocket(url, { perMessageDeflate: false }))
  await Promise.all(sockets.map((socket) => once(socket, 'open')))
  const delays = build({ highestTrackableValue: 3_600_000_000_000, numberOfSignificantValueDigits: 3 })
  const payload = Buffer.alloc(8)
  const before = cpuSeconds()
  const start = performance.now()
  const until = start + seconds * 1_000
  let sent = 0
  const pacer = setInterval(() => {
    const due = Math.ceil(((Math.min(performance.now(), until) - start) * rate) / 1_000)
    for (let now = performance.now(); sent < due && now < until; now = performance.now()) {
      sockets[sent % connections]!.ping(payload)
      delays.recordValue(Math.round((now - start - (sent * 1_000) / rate) * 1e6))
      sent++
    }
    if (performance.now() < until) return
    clearInterval(pacer)
    const at = (percentile: number): number => delays.getValueAtPercentile(percentile) / 1e6
    const outcome = { sent, cpu: cpuSeconds() - before, delay: { p50: at(50), p99: at(99) } } satisfies PacedOutcome
    process.stdout.write(JSON.stringify(outcome), () => process.exit())
  }, 1)
}
