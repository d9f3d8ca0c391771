/** This package. */
import { run } from '../../src/load/run.ts'
import { LoadSummary } from '../../src/report/load-summary.ts'
import { contend } from './flood.ts'

await contend(async ({ url, connections, inFlight, seconds }) => {
  const summary = new LoadSummary(await run({ url, connections, inFlight, duration: seconds * 1_000, warmup: 0 }))
  String(summary)
  return { pings: summary.pings.answered, seconds: summary.duration / 1_000 }
})
