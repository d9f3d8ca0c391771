/** This package, as it is published, with one load thread. */
import { parseOptions } from '../../dist/options/options.js'
import { run } from '../../dist/run/run.js'
import { contend } from './resident.ts'

await contend(async ({ url, connections: requested, inFlight, seconds }) => {
  const { startedAt, duration, connections } = await run(
    parseOptions({ url, connections: requested, inFlight, duration: seconds * 1_000, warmup: 0, threads: 1 }),
  )
  const from = Date.parse(startedAt)
  return { from, until: from + duration, opened: connections.opened, failed: connections.failed }
})
