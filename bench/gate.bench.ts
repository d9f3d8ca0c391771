/**
 * How often is a gate wrong? `wsLoad.compare()` at its defaults on servers with a known delay: a server against another that
 * does the same, against slower ones, and with a process that takes a core now and then. Control: two runs one after the
 * other, point against point with the same tolerance.
 *
 * Run: node bench/gate.bench.ts [--same 200] [--slower 50] [--seconds 30]
 */
import { parseArgs } from 'node:util'
import type { ChangeVerdict } from '../src/gate/comparison.ts'
import { parseTolerance } from '../src/gate/tolerance.ts'
import { compare } from '../src/load/compare.ts'
import { run } from '../src/load/run.ts'
import { startCpuHog } from './control/cpu-hog.ts'
import { startDelayingServer } from './control/delaying-server.ts'
import { median, printTable } from './control/figures.ts'

const { values } = parseArgs({
  options: {
    same: { type: 'string', default: '200' },
    slower: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
  },
})
const [same, slower, seconds] = [Number(values.same), Number(values.slower), Number(values.seconds)]
/** Of the base, in milliseconds. */
const delay = 1
/** Length of each of the two runs of the control, in seconds. */
const controlSeconds = 5
const verdicts: readonly ChangeVerdict[] = ['slower', 'faster', 'same', 'unclear']
const tolerance = parseTolerance()

interface Outcome {
  readonly verdict: ChangeVerdict
  readonly seconds: number
}

type Gate = (base: string, head: string) => Promise<ChangeVerdict>

async function sideBySide(base: string, head: string): Promise<ChangeVerdict> {
  const { verdict } = await compare({ base: { url: base }, head: { url: head }, maxDuration: `${seconds}s` })
  return verdict.verdict
}

/** What most gates do. */
async function oneAfterTheOther(base: string, head: string): Promise<ChangeVerdict> {
  const before = await run({ url: base, duration: `${controlSeconds}s` })
  const after = await run({ url: head, duration: `${controlSeconds}s` })
  const changes = tolerance.figures.map(({ percentile = 50, allowed }) => {
    const [from, to] = [before.latency.percentile(percentile), after.latency.percentile(percentile)]
    return (to / from - 1) / Math.max(allowed, tolerance.min / from)
  })
  return changes.some((change) => change > 1) ? 'slower' : changes.some((change) => change < -0.8) ? 'faster' : 'same'
}

async function judge(gate: Gate, change: number, times: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let nth = 0; nth < times; nth++) {
    const [base, head] = [await startDelayingServer([delay]), await startDelayingServer([delay * (1 + change)])]
    const begun = performance.now()
    const verdict = await gate(base.url, head.url)
    outcomes.push({ verdict, seconds: (performance.now() - begun) / 1_000 })
    base.stop()
    head.stop()
  }
  return outcomes
}

function row(gate: string, head: string, outcomes: readonly Outcome[]): Record<string, string> {
  const times = (verdict: ChangeVerdict): string => String(outcomes.filter((one) => one.verdict === verdict).length)
  return {
    gate,
    head,
    runs: String(outcomes.length),
    ...Object.fromEntries(verdicts.map((verdict) => [verdict, times(verdict)])),
    'median time': `${median(outcomes.map((outcome) => outcome.seconds)).toFixed(1)} s`,
  }
}

const rows: Record<string, string>[] = []
for (const [name, gate] of [
  ['wsLoad.compare', sideBySide],
  ['one after the other', oneAfterTheOther],
] as const) {
  rows.push(row(name, 'the same', await judge(gate, 0, same)))
  rows.push(row(name, '20 % slower', await judge(gate, 0.2, slower)))
  rows.push(row(name, '5 % slower', await judge(gate, 0.05, slower)))
  const hog = startCpuHog()
  rows.push(row(name, 'the same, a core taken now and then', await judge(gate, 0, same)))
  hog.stop()
  console.error(JSON.stringify(rows.slice(-4)))
}
printTable(
  'Verdicts of a gate',
  `A server with a delay of ${delay} ms in a process of its own against another; each comparison lasts up to ${seconds} s, each run of the control ${controlSeconds} s.`,
  rows,
)
