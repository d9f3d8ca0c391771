/** This package's subscribers, one load thread, a message a second. */
import { parseFanOut } from '../../dist/options/fan-out.js'
import { run } from '../../dist/run/run.js'
import { contend } from './resident.ts'

await contend(async ({ url, connections: subscribers, seconds }) => {
  const protocol = new URL('rooms.protocol.ts', import.meta.url)
  const { startedAt, duration, connections } = await run(
    parseFanOut({ url, subscribers, protocol, rate: 1, duration: seconds * 1_000, warmup: 0, threads: 1 }),
  )
  const from = Date.parse(startedAt)
  return { from, until: from + duration, opened: connections.opened, failed: connections.failed }
})
