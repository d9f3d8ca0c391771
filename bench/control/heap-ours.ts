/** This package's load thread, as it is published, in the main thread: only a thread itself can read its heap. */
import { Flood } from '../../dist/generator/flood.js'
import { parseOptions } from '../../dist/options/options.js'
import { planThreads } from '../../dist/run/plan.js'
import { contend, settling, watchHeap } from './heap-growth.ts'

await contend(async ({ url, connections, inFlight, seconds }) => {
  const counted = seconds * 1_000
  const duration = settling + counted + 1_000
  const [plan] = planThreads(parseOptions({ url, connections, inFlight, duration, warmup: 0, threads: 1 }), url)
  const flood = await Flood.prepare(plan!)
  await flood.connect()
  const start = performance.now()
  const [growth] = await Promise.all([watchHeap(start, counted), flood.run(start)])
  const { recording } = await flood.close()
  const recorded = recording.intervals.all.filter(({ start, end }) => {
    const middle = (start + end) / 2
    return middle > settling && middle < settling + counted
  })
  return { ...growth, pings: recorded.reduce((sum, { pings }) => sum + pings.answered, 0) }
})
