/**
 * How often is a gate wrong? `wsLoad.compare()` at its defaults on servers with a known delay: a server against another that
 * does the same, against slower ones, and with a process that takes a core now and then. Then on servers that work: they parse
 * and hash JSON on one processor, and the gate judges the processor time per answer too. Control: two runs one after the
 * other, point against point with the same tolerance.
 *
 * Run: node bench/gate.bench.ts [--same 200] [--slower 50] [--disturbed 200] [--working 0] [--seconds 30] [--log FILE]
 * That takes hours: with a log, a run that was stopped goes on.
 */
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Change, ChangeVerdict } from '../src/gate/comparison.ts'
import { parseTolerance, type Tolerance } from '../src/gate/tolerance.ts'
import { parseComparison } from '../src/options/compare.ts'
import { parseOptions } from '../src/options/options.ts'
import { compare } from '../src/run/compare.ts'
import { run } from '../src/run/run.ts'
import { startCpuHog } from './control/cpu-hog.ts'
import { startDelayingServer } from './control/delaying-server.ts'
import { median, printTable } from './control/figures.ts'
import { readLog } from './control/read-log.ts'
import type { RunningServer } from './control/running-server.ts'
import { startWorkingServer, type Work } from './control/working-server.ts'

const { values } = parseArgs({
  options: {
    same: { type: 'string', default: '200' },
    slower: { type: 'string', default: '50' },
    disturbed: { type: 'string', default: '200' },
    working: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '30' },
    log: { type: 'string' },
  },
})
const seconds = Number(values.seconds)
/** Of the base, in milliseconds. */
const delay = 1
/** Length of each of the two runs of the control, in seconds. */
const controlSeconds = 2
/** The one that servers which work may use, by its number. */
const processor = 1
const verdicts: readonly ChangeVerdict[] = ['slower', 'faster', 'same', 'unclear']

/** How often and on which servers a gate is tried. */
interface Case {
  readonly head: string
  readonly times: number
  readonly isSame: boolean
  readonly isDisturbed: boolean
  readonly start: readonly [base: () => Promise<RunningServer>, head: () => Promise<RunningServer>]
}

/** What a gate says. */
interface Judgement {
  readonly verdict: ChangeVerdict
  /** Those that it has an interval with two ends of; of a control none. */
  readonly changes?: readonly Pick<Change, 'indicator' | 'change' | 'low' | 'high'>[]
}

/** One comparison: a line of the log. */
interface Outcome extends Judgement {
  readonly gate: string
  readonly head: string
  readonly seconds: number
}

type Gate = (base: string, head: string) => Promise<Judgement>

const asDelayed = {}
const ofWork = { connections: 32, probe: { protocol: new URL('control/json.protocol.ts', import.meta.url) } }
const workTolerance: Tolerance = { p50: '4%', p99: '25%', cpuPerPing: '4%', fallback: 'cpuPerPing' }

function sideBySide(load: typeof asDelayed | typeof ofWork, tolerance?: Tolerance): Gate {
  return async (base, head) => {
    const sides = { base: { url: base }, head: { url: head } }
    const judged = tolerance === undefined ? {} : { tolerance }
    const { verdict } = await compare(parseComparison({ ...load, ...sides, ...judged, maxDuration: `${seconds}s` }))
    const changes = verdict.changes
      .filter(({ high }) => high < Infinity)
      .map(({ indicator, change, low, high }) => ({ indicator, change, low, high }))
    return { verdict: verdict.verdict, changes }
  }
}

/** What most gates do. */
function oneAfterTheOther(load: typeof asDelayed | typeof ofWork): Gate {
  const { figures, min } = parseTolerance()
  return async (base, head) => {
    const before = await run(parseOptions({ ...load, url: base, duration: `${controlSeconds}s` }))
    const after = await run(parseOptions({ ...load, url: head, duration: `${controlSeconds}s` }))
    const changes = figures.map(({ percentile = 50, allowed }) => {
      const [from, to] = [before.latency.percentile(percentile), after.latency.percentile(percentile)]
      return (to / from - 1) / Math.max(allowed, min / from)
    })
    const isSlower = changes.some((change) => change > 1)
    const isFaster = changes.some((change) => change < -0.8)
    return { verdict: isSlower ? 'slower' : isFaster ? 'faster' : 'same' }
  }
}

type Gates = readonly (readonly [name: string, gate: Gate])[]

const gatesOfDelays: Gates = [
  ['wsLoad.compare', sideBySide(asDelayed)],
  ['one after the other', oneAfterTheOther(asDelayed)],
]
const gatesOfWork: Gates = [
  ['wsLoad.compare, of work too', sideBySide(ofWork, workTolerance)],
  ['wsLoad.compare', sideBySide(ofWork)],
  ['one after the other', oneAfterTheOther(ofWork)],
]

function delayed(head: string, change: number, times: string, isDisturbed = false): Case {
  const starting = (ms: number) => () => startDelayingServer([ms])
  const start = [starting(delay), starting(delay * (1 + change))] as const
  return { head, times: Number(times), isSame: change === 0, isDisturbed, start }
}

const delays = [
  delayed('the same', 0, values.same),
  delayed('20 % slower', 0.2, values.slower),
  delayed('5 % slower', 0.05, values.slower),
  delayed('the same, a core taken now and then', 0, values.disturbed, true),
]

/** Hashes are two thirds of what these servers do for an answer. */
const heads: readonly (readonly [head: string, ofBase: Work, ofHead: Work])[] = [
  ['the same work', { hashes: 64 }, { hashes: 64 }],
  ['5 % more work', { hashes: 64 }, { hashes: 69 }],
  ['10 % more work', { hashes: 64 }, { hashes: 74 }],
  ['20 % more sleep', { hashes: 20, sleep: 5 }, { hashes: 20, sleep: 6 }],
  ['p99 50 % more', { hashes: 20, sleep: 20, sleepEvery: 50 }, { hashes: 20, sleep: 31, sleepEvery: 50 }],
]
const working = heads.flatMap(([head, ofBase, ofHead]) =>
  [false, true].map((isDisturbed): Case => ({
    head: isDisturbed ? `${head}, a core taken now and then` : head,
    times: Number(values.working),
    isSame: ofBase.hashes === ofHead.hashes && ofBase.sleep === ofHead.sleep,
    isDisturbed,
    start: [() => startWorkingServer(ofBase, processor), () => startWorkingServer(ofHead, processor)],
  })),
)

async function judge(gate: Gate, { start, isDisturbed }: Case): Promise<Judgement & Pick<Outcome, 'seconds'>> {
  const [base, head] = [await start[0](), await start[1]()]
  const hog = isDisturbed ? startCpuHog() : undefined
  const begun = performance.now()
  try {
    return { ...(await gate(base.url, head.url)), seconds: (performance.now() - begun) / 1_000 }
  } finally {
    hog?.stop()
    base.stop()
    head.stop()
  }
}

/** Every case in turn, so that all of them see the same hours of this machine; goes on where the log ends. */
async function judgeAll(cases: readonly Case[], gates: Gates): Promise<Outcome[]> {
  const outcomes = readLog<Outcome>(values.log)
  const done = (gate: string, head: string): number =>
    outcomes.filter((one) => one.gate === gate && one.head === head).length
  const rounds = Math.max(...cases.map(({ times }) => times))
  for (let round = 1; round <= rounds; round++)
    for (const one of cases)
      for (const [gate, compareBy] of gates) {
        if (round > one.times || done(gate, one.head) >= round) continue
        const outcome = { gate, head: one.head, ...(await judge(compareBy, one)) }
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

/** What a gate knew of a figure when it ended; of a server against itself, whether it was right. */
function rowOfFigure(figure: string, { head, isSame }: Case, outcomes: readonly Outcome[]): Record<string, string> {
  const known = outcomes.flatMap(({ changes = [] }) => changes.filter(({ indicator }) => indicator === figure))
  const holdZero = known.filter(({ low, high }) => low <= 0 && high >= 0)
  return {
    head,
    figure,
    known: String(known.length),
    'median change': medianShare(known.map(({ change }) => change)),
    'interval, half': medianShare(known.map(({ low, high }) => (high - low) / 2)),
    'interval holds 0': isSame ? String(holdZero.length) : '',
  }
}

function medianShare(shares: readonly number[]): string {
  return shares.length === 0 ? '-' : `${(median(shares) * 100).toFixed(1)} %`
}

async function printVerdicts(heading: string, what: string, all: readonly Case[], gates: Gates): Promise<void> {
  const cases = all.filter(({ times }) => times > 0)
  if (cases.length === 0) return
  const outcomes = await judgeAll(cases, gates)
  const outcomesOf = (ofGate: string, head: string): Outcome[] =>
    outcomes.filter((one) => one.gate === ofGate && one.head === head)
  printTable(
    heading,
    what,
    gates.flatMap(([gate]) => cases.map(({ head }) => row(gate, head, outcomesOf(gate, head)))),
  )
  const [first] = gates[0]!
  const figures = new Set(
    outcomesOf(first, cases[0]!.head).flatMap(({ changes = [] }) => changes.map(({ indicator }) => indicator)),
  )
  printTable(
    'What was known of each figure',
    `When \`${first}\` ended; the interval is the one that its verdict stands on, known where it has two ends.`,
    cases.flatMap((one) => [...figures].map((figure) => rowOfFigure(figure, one, outcomesOf(first, one.head)))),
  )
}

await printVerdicts(
  'Verdicts of a gate',
  `A server with a delay of ${delay} ms in a process of its own against another; each comparison lasts up to ${seconds} s, each run of the control ${controlSeconds} s.`,
  delays,
  gatesOfDelays,
)
await printVerdicts(
  'Verdicts of a gate on servers that work',
  `Servers that parse and hash JSON, on one processor, 32 connections; each comparison lasts up to ${seconds} s, each run of the control ${controlSeconds} s. "Of work too" allows ${workTolerance.p50} of p50, ${workTolerance.p99} of p99 and ${workTolerance.cpuPerPing} of cpuPerPing, which it falls back on.`,
  working,
  gatesOfWork,
)
