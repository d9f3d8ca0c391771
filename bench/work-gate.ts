/**
 * What can be told of the processor time that a server spends on an answer, and what is lost where undecided latencies are left to it?
 * Servers that parse and hash JSON, side by side for a fixed time: equal ones, one that hashes more, and one that sleeps longer, with and
 * without a process that takes a core now and then, where the system puts them and both on one processor. Control: the median of the latency in the same comparisons, and their verdicts
 * without the fallback.
 *
 * Run: node bench/work-gate.ts [--runs 10] [--seconds 20]
 */
import { parseArgs } from 'node:util'
import { compareSideBySide } from '../src/gate/compare.ts'
import type { Change, ChangeVerdict } from '../src/gate/comparison.ts'
import { parseTolerance } from '../src/gate/tolerance.ts'
import { parseOptions } from '../src/options/options.ts'
import { runSideBySide } from '../src/run/side-by-side.ts'
import { startCpuHog } from './control/cpu-hog.ts'
import { median, printTable } from './control/figures.ts'
import { startWorkingServer, type Work } from './control/working-server.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, seconds: { type: 'string', default: '20' } },
})
const [runs, seconds] = [Number(values.runs), Number(values.seconds)]
const allowed = { p50: '10%', cpuPerPing: '10%' }
const tolerances = [parseTolerance(allowed), parseTolerance({ ...allowed, fallback: 'cpuPerPing' })] as const
const working: Work = { hashes: 20 }
const sleeping: Work = { hashes: 20, sleep: 5 }
const pairs = [
  { what: 'equal', base: working, head: working },
  { what: '20 % more hashes', base: working, head: { hashes: 24 } },
  { what: 'equal, sleeping', base: sleeping, head: sleeping },
  { what: '20 % more sleep', base: sleeping, head: { ...sleeping, sleep: 6 } },
]
const places = [
  { where: 'any', processor: undefined },
  { where: 'the same', processor: 1 },
]
const cases = places.flatMap((place) =>
  pairs.flatMap((pair) => [
    { ...pair, ...place, isDisturbed: false },
    { ...pair, ...place, what: `${pair.what}, a core taken now and then`, isDisturbed: true },
  ]),
)

type Case = (typeof cases)[number]

interface Seen {
  readonly changes: readonly Change[]
  /** With each of the tolerances. */
  readonly verdicts: readonly ChangeVerdict[]
}

async function compareOnce({ base: ofBase, head: ofHead, processor, isDisturbed }: Case): Promise<Seen> {
  const [base, head] = [await startWorkingServer(ofBase, processor), await startWorkingServer(ofHead, processor)]
  const hog = isDisturbed ? startCpuHog() : undefined
  try {
    const protocol = new URL('control/json.protocol.ts', import.meta.url)
    const load = parseOptions({ connections: 32, duration: `${seconds / 2}s`, warmup: '2s', probe: { protocol } })
    const floods = [
      { ...load, url: base.url },
      { ...load, url: head.url },
    ] as const
    const [before, after] = await runSideBySide(floods, { asLastLook: true })
    const judged = tolerances.map((tolerance) => compareSideBySide(before, after, tolerance, load.confidence))
    return { changes: judged[0]!.changes, verdicts: judged.map(({ verdict }) => verdict) }
  } finally {
    hog?.stop()
    base.stop()
    head.stop()
  }
}

const seen = cases.map((): Seen[] => [])
for (let round = 0; round < runs; round++) {
  for (const [nth, one] of cases.entries()) seen[nth]!.push(await compareOnce(one))
}

const percent = (ratio: number): string => (Number.isFinite(ratio) ? `${(ratio * 100).toFixed(1)} %` : '-')
const rows = cases.flatMap(({ what, where }, nth) =>
  (['cpuPerPing', 'p50'] as const).map((indicator) => {
    const changes = seen[nth]!.map((one) => one.changes.find((change) => change.indicator === indicator)!)
    const found = changes.map(({ change }) => change)
    const known = changes.filter(({ high }) => high < Infinity)
    const holdZero = known.filter(({ low, high }) => low <= 0 && high >= 0)
    return {
      servers: what,
      processor: where,
      figure: indicator,
      'change: median': percent(median(found)),
      'least … most': `${percent(Math.min(...found))} … ${percent(Math.max(...found))}`,
      'interval, half': known.length === 0 ? '-' : percent(median(known.map(({ low, high }) => (high - low) / 2))),
      'interval holds 0': `${holdZero.length} of ${known.length}`,
    }
  }),
)
printTable(
  'What can be told of the work of a server',
  `${runs} comparisons of ${seconds} s each, 32 connections, 1 request in flight each; servers of 20 hashes a request, which sleep for 5 ms if they do, on any processor or both on the same.`,
  rows,
)
printTable(
  'Verdicts, without and with a fallback',
  "The same comparisons, 10 % allowed of p50 and of cpuPerPing. With `fallback: 'cpuPerPing'` work stands for latencies that the machine leaves undecided.",
  cases.map(({ what, where }, nth) => {
    const counts = tolerances.map((_, which) => {
      const verdicts = seen[nth]!.map((one) => one.verdicts[which]!)
      return (verdict: ChangeVerdict): string => String(verdicts.filter((one) => one === verdict).length)
    })
    const [without, withFallback] = counts as [(typeof counts)[number], (typeof counts)[number]]
    return {
      servers: what,
      processor: where,
      runs: String(runs),
      slower: without('slower'),
      faster: without('faster'),
      same: without('same'),
      unclear: without('unclear'),
      'with fallback: same': withFallback('same'),
      'with fallback: unclear': withFallback('unclear'),
    }
  }),
)
