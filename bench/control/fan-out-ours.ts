/** This package, as it is published, with one load thread. */
import { setInterval } from 'node:timers'
import { parseFanOut } from '../../dist/options/fan-out.js'
import { run } from '../../dist/run/run.js'
import { contend, timeout } from './fan-out.ts'
import { cpuTime } from './flood.ts'

const everyMs = 10

await contend(async ({ url, subscribers, rate, seconds }) => {
  const log: { at: number; cpu: number }[] = []
  setInterval(() => log.push({ at: Date.now(), cpu: cpuTime() }), everyMs)
  const protocol = new URL('rooms.protocol.ts', import.meta.url)
  const load = { url, subscribers, protocol, timeout, threads: 1, duration: seconds * 1_000, warmup: 0 }
  const { startedAt, duration, pings, fanOut, latency, generator } = await run(
    parseFanOut(rate === undefined ? load : { ...load, rate }),
  )
  const begin = Date.parse(startedAt)
  const cpuAt = (time: number): number => log.find(({ at }) => at >= time)!.cpu
  return {
    deliveries: pings.answered,
    missed: pings.sent - pings.answered,
    duplicates: fanOut!.duplicates,
    seconds: duration / 1_000,
    cpu: cpuAt(begin + duration) - cpuAt(begin),
    atWork: generator.cpuPerPing * pings.sent,
    p50: latency.p50,
    p99: latency.p99,
  }
})
