/**
 * What can be told of the processor time that a server spends on an answer? Servers that parse and hash JSON, side by side for a fixed
 * time: equal ones, and one that hashes more, with and without a process that takes a core now and then. Control: the median of the
 * latency in the same comparisons.
 *
 * Run: node bench/work-gate.ts [--runs 10] [--seconds 20]
 */
import { parseArgs } from 'node:util'
import { compareSideBySide } from '../src/gate/compare.ts'
import type { Change } from '../src/gate/comparison.ts'
import { parseTolerance } from '../src/gate/tolerance.ts'
import { parseOptions } from '../src/options/options.ts'
import { runSideBySide } from '../src/run/side-by-side.ts'
import { startCpuHog } from './control/cpu-hog.ts'
import { median, printTable } from './control/figures.ts'
import { startWorkingServer } from './control/working-server.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, seconds: { type: 'string', default: '20' } },
})
const [runs, seconds] = [Number(values.runs), Number(values.seconds)]
const hashes = 20
const tolerance = parseTolerance({ p50: '4%', cpuPerPing: '5%' })
const cases = [
  { what: 'equal', more: 0, isDisturbed: false },
  { what: 'equal, a core taken now and then', more: 0, isDisturbed: true },
  { what: '20 % more hashes', more: 4, isDisturbed: false },
  { what: '20 % more hashes, a core taken now and then', more: 4, isDisturbed: true },
]

async function compareOnce(more: number, isDisturbed: boolean): Promise<readonly Change[]> {
  const [base, head] = [await startWorkingServer(hashes), await startWorkingServer(hashes + more)]
  const hog = isDisturbed ? startCpuHog() : undefined
  try {
    const protocol = new URL('control/json.protocol.ts', import.meta.url)
    const load = parseOptions({ connections: 32, duration: `${seconds / 2}s`, warmup: '2s', probe: { protocol } })
    const floods = [
      { ...load, url: base.url },
      { ...load, url: head.url },
    ] as const
    const [before, after] = await runSideBySide(floods, { asLastLook: true })
    return compareSideBySide(before, after, tolerance, load.confidence).changes
  } finally {
    hog?.stop()
    base.stop()
    head.stop()
  }
}

const seen = cases.map((): (readonly Change[])[] => [])
for (let round = 0; round < runs; round++) {
  for (const [nth, { more, isDisturbed }] of cases.entries()) seen[nth]!.push(await compareOnce(more, isDisturbed))
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`
const rows = cases.flatMap(({ what, more }, nth) =>
  (['cpuPerPing', 'p50'] as const).map((indicator) => {
    const changes = seen[nth]!.map((all) => all.find((change) => change.indicator === indicator)!)
    const found = changes.map(({ change }) => change)
    const isTrue = ({ low, high }: Change): boolean => (more === 0 ? low <= 0 && high >= 0 : low > 0)
    return {
      servers: what,
      figure: indicator,
      'change: median': percent(median(found)),
      'least … most': `${percent(Math.min(...found))} … ${percent(Math.max(...found))}`,
      'interval, half': percent(median(changes.map(({ change, high }) => high - change))),
      'interval holds 0, or is above it': `${changes.filter(isTrue).length} of ${runs}`,
      slower: String(changes.filter(({ verdict }) => verdict === 'slower').length),
    }
  }),
)
printTable(
  'What can be told of the work of a server',
  `${runs} comparisons of ${seconds} s each, 32 connections, 1 request in flight each; servers of ${hashes} hashes a request.`,
  rows,
)
