/**
 * How often is a gate wrong? `wsLoad.compare()` at its defaults on servers with a known delay: a server against another that
 * does the same, against slower ones, and with a process that takes a core now and then. Control: two runs one after the
 * other, point against point with the same tolerance.
 *
 * Run: node bench/gate.bench.ts [--same 200] [--slower 50] [--disturbed 200] [--seconds 30] [--log FILE]
 * That takes hours: with a log, a run that was stopped goes on.
 */
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ChangeVerdict } from '../src/gate/comparison.ts'
import { parseTolerance } from '../src/gate/tolerance.ts'
import { parseComparison } from '../src/options/compare.ts'
import { parseOptions } from '../src/options/options.ts'
import { compare } from '../src/run/compare.ts'
import { run } from '../src/run/run.ts'
import { startCpuHog } from './control/cpu-hog.ts'
import { startDelayingServer } from './control/delaying-server.ts'
import { median, printTable } from './control/figures.ts'
import { readLog } from './control/read-log.ts'

const { values } = parseArgs({
  options: {
    same: { type: 'string', default: '200' },
    slower: { type: 'string', default: '50' },
    disturbed: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '30' },
    log: { type: 'string' },
  },
})
const seconds = Number(values.seconds)
/** Of the base, in milliseconds. */
const delay = 1
/** Length of each of the two runs of the control, in seconds. */
const controlSeconds = 2
const verdicts: readonly ChangeVerdict[] = ['slower', 'faster', 'same', 'unclear']
const tolerance = parseTolerance()

/** One comparison: a line of the log. */
interface Outcome {
  readonly gate: string
  readonly head: string
  readonly verdict: ChangeVerdict
  readonly seconds: number
}

type Gate = (base: string, head: string) => Promise<ChangeVerdict>

async function sideBySide(base: string, head: string): Promise<ChangeVerdict> {
  const { verdict } = await compare(
    parseComparison({ base: { url: base }, head: { url: head }, maxDuration: `${seconds}s` }),
  )
  return verdict.verdict
}

/** What most gates do. */
async function oneAfterTheOther(base: string, head: string): Promise<ChangeVerdict> {
  const before = await run(parseOptions({ url: base, duration: `${controlSeconds}s` }))
  const after = await run(parseOptions({ url: head, duration: `${controlSeconds}s` }))
  const changes = tolerance.figures.map(({ percentile = 50, allowed }) => {
    const [from, to] = [before.latency.percentile(percentile), after.latency.percentile(percentile)]
    return (to / from - 1) / Math.max(allowed, tolerance.min / from)
  })
  return changes.some((change) => change > 1) ? 'slower' : changes.some((change) => change < -0.8) ? 'faster' : 'same'
}

const gates: readonly (readonly [name: string, gate: Gate])[] = [
  ['wsLoad.compare', sideBySide],
  ['one after the other', oneAfterTheOther],
]
const heads = [
  { head: 'the same', change: 0, times: Number(values.same), disturbed: false },
  { head: '20 % slower', change: 0.2, times: Number(values.slower), disturbed: false },
  { head: '5 % slower', change: 0.05, times: Number(values.slower), disturbed: false },
  { head: 'the same, a core taken now and then', change: 0, times: Number(values.disturbed), disturbed: true },
]

async function judge(gate: Gate, change: number, disturbed: boolean): Promise<Pick<Outcome, 'verdict' | 'seconds'>> {
  const [base, head] = [await startDelayingServer([delay]), await startDelayingServer([delay * (1 + change)])]
  const hog = disturbed ? startCpuHog() : undefined
  const begun = performance.now()
  try {
    return { verdict: await gate(base.url, head.url), seconds: (performance.now() - begun) / 1_000 }
  } finally {
    hog?.stop()
    base.stop()
    head.stop()
  }
}

/** Every case in turn, so that all of them see the same hours of this machine; goes on where the log ends. */
async function judgeAll(): Promise<Outcome[]> {
  const outcomes = readLog<Outcome>(values.log)
  const done = (gate: string, head: string): number =>
    outcomes.filter((one) => one.gate === gate && one.head === head).length
  const rounds = Math.max(...heads.map(({ times }) => times))
  for (let round = 1; round <= rounds; round++)
    for (const { head, change, times, disturbed } of heads)
      for (const [gate, compareBy] of gates) {
        if (round > times || done(gate, head) >= round) continue
        const outcome = { gate, head, ...(await judge(compareBy, change, disturbed)) }
        outcomes.push(outcome)
        if (values.log !== undefined) appendFileSync(values.log, `${JSON.stringify(outcome)}\n`)
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

const outcomes = await judgeAll()
printTable(
  'Verdicts of a gate',
  `A server with a delay of ${delay} ms in a process of its own against another; each comparison lasts up to ${seconds} s, each run of the control ${controlSeconds} s.`,
  gates.flatMap(([gate]) =>
    heads.map(({ head }) =>
      row(
        gate,
        head,
        outcomes.filter((one) => one.gate === gate && one.head === head),
      ),
    ),
  ),
)
