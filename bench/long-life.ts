/**
 * Does a run need more memory the longer it lasts?
 *
 * Unit: megabytes in use, a row for each part of one run in the open model: of the main thread's heap what a full collection at the
 * part's end leaves, of the load threads', which are never made to collect, the least that was read, and the median of the whole
 * process, with and without what is held for the heaps: V8's pages, in use or not, and array buffers. Growth is the slope of a line through all parts but the first, in which code is
 * compiled and optimized, per hour. Control: the same process before the run. The server is a process of its own.
 *
 * Run: npm run build && node bench/long-life.ts [--seconds 3600] [--parts 12] [--connections 20] [--rate 200]
 */
import { Session } from 'node:inspector/promises'
import { availableParallelism } from 'node:os'
import { setTimeout as elapsed } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { parseOptions } from '../dist/options/options.js'
import { formatPage } from '../dist/page/page.js'
import { formatJSON, toJSON } from '../dist/result/json.js'
import { run } from '../dist/run/run.js'
import { count, median, printTable } from './control/figures.ts'
import { inMegabytes, megabytes, type MemoryInUse, memoryInUse } from './control/memory-in-use.ts'
import { serverKind, startEchoServer } from './control/server.ts'

/** What a part had. */
interface PartMemory extends MemoryInUse {
  /** Bytes of rss that are not held. */
  readonly besides: number
}

const readEveryMs = 2_000
/** How often a run in Vitest tells how far it is. */
const progressEveryMs = 10_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3600' },
    parts: { type: 'string', default: '12' },
    connections: { type: 'string', default: '20' },
    rate: { type: 'string', default: '200' },
  },
})
const [seconds, parts] = [Number(values.seconds), Number(values.parts)]
const [connections, rate] = [Number(values.connections), Number(values.rate)]
const part = seconds / parts

const server = await startEchoServer()
const inspector = new Session()
inspector.connect()
await collectMain()
const bare = await memoryInUse()
const options = parseOptions({ url: server.url, connections, rate, duration: seconds * 1_000, warmup: 0 })
const [result, memory] = await Promise.all([
  run(options, { watcher: { every: progressEveryMs, report() {} } }),
  watchMemory(),
])
server.stop()
inspector.disconnect()

const { pings, intervals, slices } = result
const lengths = intervals.slice(0, -1).map(({ duration }) => duration / 1_000)
const json = formatJSON(toJSON(result)).length
const page = formatPage('Long life', [
  { title: 'long life', runs: [{ name: 'long life', result }], verdicts: [] },
]).length
printTable(
  'Long life',
  `${count(rate)} pings/s over ${connections} connections for ${count(seconds)} s, ${result.ended}: ${count(pings.due)} due, ` +
    `${count(pings.answered)} answered; ${intervals.length} intervals of ${Math.round(median(lengths))} s, ${slices.count} slices; ` +
    `${count(json / 1e3)} kB of JSON, a page of ${count(page / 1e3)} kB; ` +
    `echo server (${serverKind}) in a process of its own; ${availableParallelism()} cores.`,
  [
    ...memory.map((then, nth) => ({ s: `${count(nth * part)}–${count((nth + 1) * part)}`, ...inColumns(then) })),
    { s: 'control: before the run', ...inColumns({ ...bare, besides: bare.rss - bare.held }) },
    {
      s: 'growth an hour',
      ...inColumns({
        main: growth(({ main }) => main),
        threads: growth(({ threads }) => threads),
        held: growth(({ held }) => held),
        rss: growth(({ rss }) => rss),
        besides: growth(({ besides }) => besides),
      }),
    },
  ],
)

/** Of each part what was in use, by readings until the load threads end. */
async function watchMemory(): Promise<PartMemory[]> {
  const started = performance.now()
  const seen: PartMemory[] = []
  for (let nth = 1; nth <= parts; nth++) {
    const readings: MemoryInUse[] = []
    for (let left = part * 1_000; left > 0; left = started + nth * part * 1_000 - performance.now()) {
      await elapsed(Math.min(readEveryMs, left))
      readings.push(await memoryInUse())
    }
    await collectMain()
    seen.push({
      main: (await memoryInUse()).main,
      threads: Math.min(...readings.map(({ threads }) => threads).filter((bytes) => bytes > 0)),
      held: median(readings.map(({ held }) => held)),
      rss: median(readings.map(({ rss }) => rss)),
      besides: median(readings.map(({ rss, held }) => rss - held)),
    })
  }
  return seen
}

/** Leaves of the main thread's heap what something holds. */
async function collectMain(): Promise<void> {
  await inspector.post('HeapProfiler.collectGarbage')
}

function inColumns(memory: PartMemory): Record<string, string> {
  return { ...inMegabytes(memory), 'held MB': megabytes(memory.held), 'RSS − held MB': megabytes(memory.besides) }
}

/** Bytes an hour, by least squares. */
function growth(of: (memory: PartMemory) => number): number {
  const points = memory.slice(1).map((then, nth) => [((nth + 1) * part) / 3_600, of(then)] as const)
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [hour, bytes] = [mean(0), mean(1)]
  const covariance = points.reduce((sum, [x, y]) => sum + (x - hour) * (y - bytes), 0)
  return covariance / points.reduce((sum, [x]) => sum + (x - hour) ** 2, 0)
}
