/**
 * How often is a gate wrong, and how long does it take? `wsLoad.compare()` with its default tolerances of latencies, which judges the processor
 * time per answer too and falls back on it, on servers that parse and hash JSON on one processor: a server against another that does the
 * same, against heads that do more, always or now and then, on a quiet machine and beside a process that takes a core now and then. Controls: what
 * the mean of all turns says of the same turns, and the latencies of two runs one after the other, point against point with the same tolerance.
 *
 * Run: npm run build && node bench/gate.bench.ts [--runs 100] [--seconds 30] [--log FILE]
 * That takes hours: with a log, a run that was stopped goes on. The one that is published is in bench/results/; who changes what a
 * comparison decides begins it anew.
 */
import { parseArgs } from 'node:util'
import type { Change, ChangeVerdict } from '../src/gate/comparison.ts'
import { parseTolerance, type Tolerance } from '../src/gate/tolerance.ts'
import { parseComparison } from '../src/options/compare.ts'
import { parseOptions } from '../src/options/options.ts'
import { compare } from '../src/run/compare.ts'
import { run } from '../src/run/run.ts'
import { startCpuHog } from './control/cpu-hog.ts'
import { median, printTable } from './control/figures.ts'
import { judgeByMeanOfTurns } from './control/mean-of-turns.ts'
import { type Provenance, provenance, triedOn } from './control/provenance.ts'
import { inRounds } from './control/rounds.ts'
import { startWorkingServer, type Work } from './control/working-server.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '30' },
    log: { type: 'string' },
  },
})
const [runs, seconds] = [Number(values.runs), Number(values.seconds)]
/** Length of each of the two runs one after the other, in seconds. */
const controlSeconds = 2
/** The only processor that servers may use, by its number. */
const serversOn = 1
const verdicts: readonly ChangeVerdict[] = ['slower', 'faster', 'same', 'unclear']
const gates = ['wsLoad.compare', 'mean of all turns', 'one after the other'] as const
const load = { connections: 32, probe: { protocol: new URL('control/json.protocol.ts', import.meta.url) } }
const tolerance: Tolerance = { cpuPerPing: '5 %', fallback: 'cpuPerPing' }

/** What a head does, and what the base does. */
interface Case {
  readonly head: string
  readonly work: readonly [ofBase: Work, ofHead: Work]
  readonly isSame: boolean
  readonly isDisturbed: boolean
  /** Tried in one of so many rounds: what is seen by chance alone takes the whole time. Default: 1. */
  readonly everyNthRound?: number
}

const heads: readonly Omit<Case, 'isDisturbed'>[] = [
  { head: 'the same', work: [{ hashes: 64 }, { hashes: 64 }], isSame: true },
  { head: '6 % more hashes', work: [{ hashes: 64 }, { hashes: 68 }], isSame: false },
  { head: '12 % more hashes', work: [{ hashes: 64 }, { hashes: 72 }], isSame: false },
  {
    head: '20 % more sleep',
    work: [
      { hashes: 20, sleep: 5 },
      { hashes: 20, sleep: 6 },
    ],
    isSame: false,
  },
  {
    head: '40 % more sleep in bursts',
    work: [
      { hashes: 20, sleep: 5 },
      { hashes: 20, sleep: 5, sleepInBursts: 7 },
    ],
    isSame: false,
    everyNthRound: 4,
  },
  {
    head: 'p99 50 % more',
    work: [
      { hashes: 20, sleep: 20, sleepEvery: 50 },
      { hashes: 20, sleep: 31, sleepEvery: 50 },
    ],
    isSame: false,
  },
]
const cases = heads.flatMap((one): Case[] => [
  { ...one, isDisturbed: false },
  { ...one, head: `${one.head}, a core taken now and then`, isDisturbed: true },
])

/** What a gate says, and how long it took, unless another decided when it ended. */
interface Judgement {
  readonly verdict: ChangeVerdict
  readonly seconds?: number
}

/** A case once: a line of the log. */
interface Outcome extends Provenance {
  readonly head: string
  readonly judgements: Readonly<Record<(typeof gates)[number], Judgement>>
  /** Those that `wsLoad.compare` has an interval with two ends of. */
  readonly changes: readonly Pick<Change, 'indicator' | 'change' | 'low' | 'high'>[]
}

async function timed<Found extends object>(what: () => Promise<Found>): Promise<Found & { seconds: number }> {
  const begun = performance.now()
  return { ...(await what()), seconds: (performance.now() - begun) / 1_000 }
}

async function judge({ head: name, work, isDisturbed }: Case): Promise<Outcome> {
  const [base, head] = [await startWorkingServer(work[0], serversOn), await startWorkingServer(work[1], serversOn)]
  const hog = isDisturbed ? startCpuHog() : undefined
  try {
    const sides = { base: { url: base.url }, head: { url: head.url } }
    const comparison = parseComparison({ ...load, ...sides, tolerance, maxDuration: `${seconds}s` })
    const { verdict: judged, seconds: taken, ...found } = await timed(() => compare(comparison))
    const { confidence } = comparison.load
    const byMean = judgeByMeanOfTurns(found.base, found.head, comparison.tolerance, confidence)
    return {
      head: name,
      ...provenance,
      judgements: {
        'wsLoad.compare': { verdict: judged.verdict, seconds: taken },
        'mean of all turns': { verdict: byMean },
        'one after the other': await timed(() => oneAfterTheOther(base.url, head.url)),
      },
      changes: judged.changes
        .filter(({ high }) => high < Infinity)
        .map(({ indicator, change, low, high }) => ({ indicator, change, low, high })),
    }
  } finally {
    hog?.stop()
    base.stop()
    head.stop()
  }
}

/** What most gates do. */
async function oneAfterTheOther(base: string, head: string): Promise<{ verdict: ChangeVerdict }> {
  const { figures, min } = parseTolerance()
  const duration = `${controlSeconds}s` as const
  const before = await run(parseOptions({ ...load, url: base, duration }))
  const after = await run(parseOptions({ ...load, url: head, duration }))
  const changes = figures.map(({ percentile = 50, allowed }) => {
    const [from, to] = [before.latency.percentile(percentile), after.latency.percentile(percentile)]
    return (to / from - 1) / Math.max(allowed, min / from)
  })
  if (changes.some((change) => change > 1)) return { verdict: 'slower' }
  return { verdict: changes.some((change) => change < -0.8) ? 'faster' : 'same' }
}

function row(gate: (typeof gates)[number], head: string, outcomes: readonly Outcome[]): Record<string, string> {
  const judgements = outcomes.map((outcome) => outcome.judgements[gate])
  const times = judgements.flatMap((one) => one.seconds ?? [])
  const of = (verdict: ChangeVerdict): string => String(judgements.filter((one) => one.verdict === verdict).length)
  return {
    gate,
    head,
    runs: String(outcomes.length),
    ...Object.fromEntries(verdicts.map((verdict) => [verdict, of(verdict)])),
    'median time': times.length === 0 ? '' : `${median(times).toFixed(1)} s`,
  }
}

/** What was known of a figure; of a server against itself, whether it was right. */
function rowOfFigure(figure: string, { head, isSame }: Case, outcomes: readonly Outcome[]): Record<string, string> {
  const known = outcomes.flatMap(({ changes }) => changes.filter(({ indicator }) => indicator === figure))
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

const outcomes = await inRounds<Case, Outcome>(
  cases,
  {
    runs,
    log: values.log,
    isOf: (outcome, { head }) => outcome.head === head,
    everyNthRound: ({ everyNthRound = 1 }) => everyNthRound,
  },
  judge,
)
const outcomesOf = (head: string): Outcome[] => outcomes.filter((one) => one.head === head)
const { figures } = parseTolerance()
const [p50, p99] = figures.map(({ allowed }) => `${allowed * 100} %`)
printTable(
  'Verdicts of a gate',
  `Servers that parse and hash JSON, on one processor, 32 connections; each comparison lasts up to ${seconds} s, each run one after the other ${controlSeconds} s. ${p50} of p50 is allowed, ${p99} of p99, and of cpuPerPing, which comparisons fall back on, ${tolerance.cpuPerPing}. The mean of all turns judges those of \`wsLoad.compare\`, when that ends. Tried on ${triedOn(outcomes)}.`,
  gates.flatMap((gate) => cases.map(({ head }) => row(gate, head, outcomesOf(head)))),
)
printTable(
  'What was known of each figure',
  'When `wsLoad.compare` ended; the interval is the one that its verdict stands on, known where it has two ends.',
  cases.flatMap((one) =>
    [...figures.map(({ indicator }) => indicator), 'cpuPerPing'].map((figure) =>
      rowOfFigure(figure, one, outcomesOf(one.head)),
    ),
  ),
)
