/** This package, as it is published. */
import { setInterval } from 'node:timers'
import { parseOptions } from '../../dist/options/options.js'
import { run } from '../../dist/run/run.js'
import { LoadSummary } from '../../dist/summary/load-summary.js'
import { contend, cpuTime } from './flood.ts'

const everyMs = 10

await contend(async ({ url, connections, inFlight, seconds, probe = 'ping' as const }) => {
  const log: { at: number; cpu: number }[] = []
  setInterval(() => log.push({ at: Date.now(), cpu: cpuTime() }), everyMs)
  const load = { url, connections, inFlight, duration: seconds * 1_000, warmup: 0, probe, threads: 1 } as const
  const result = await run(parseOptions(load))
  const begin = Date.parse(result.startedAt)
  const cpuAt = (time: number): number => log.find(({ at }) => at >= time)!.cpu
  const window = cpuAt(begin + result.duration) - cpuAt(begin)
  const before = cpuTime()
  const summary = new LoadSummary(result)
  String(summary)
  const flooding = window + cpuTime() - before
  if (summary.connections.opened < connections)
    throw new Error(`${summary.connections.opened} of ${connections} opened`)
  // What is answered after the window no control counts: when it ends, each connection has all its pings in flight.
  const pings = summary.pings.answered - connections * inFlight
  return { pings, seconds: summary.duration / 1_000, flooding }
})
