/** This package, as it is published. */
import { run } from '../../dist/load/run.js'
import { LoadSummary } from '../../dist/report/load-summary.js'
import { contend } from './flood.ts'

await contend(async ({ url, connections, inFlight, seconds }) => {
  const summary = new LoadSummary(await run({ url, connections, inFlight, duration: seconds * 1_000, warmup: 0 }))
  String(summary)
  return { pings: summary.pings.answered, seconds: summary.duration / 1_000 }
})
