/**
 * How often is a verdict wrong, and how long does it take? Simulated streams with known true percentiles, looked at as
 * `until` does with a `maxDuration` of 60 s, at a confidence of 0.99; beside two procedures that others use.
 *
 * Run: node bench/verdict-calibration.ts [--runs 2000]
 */
import { parseArgs } from 'node:util'
import { count, median, printTable } from './control/figures.ts'
import { batchMeans, ours, pooled, type Procedure } from './control/procedures.ts'
import { simulate, slowShare, type Stream, streams } from './control/streams.ts'
import { lookTimes } from '../src/statistics/interim-looks.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '2000' } } })
const runs = Number(values.runs)
const times = lookTimes(60_000)
const tail = (1 - 0.99) / times.length
const procedures: Readonly<Record<string, Procedure>> = {
  'vitest-ws-load': ours,
  'batch means': batchMeans,
  'all pings independent': pooled,
}

const wrong = streams.flatMap((stream) =>
  Object.entries(procedures).map(([name, decide]) => ({
    'pings are, judged by': `${stream}, ${name}`,
    'false fails at 0.8 %': rateOf(outcomes(stream, 0.008, decide, runs), 'fail'),
    'false passes at 1.25 %': rateOf(outcomes(stream, 0.0125, decide, runs), 'pass'),
    'passes at 1 %': rateOf(outcomes(stream, 0.01, decide, runs), 'pass'),
    'fails at 1 %': rateOf(outcomes(stream, 0.01, decide, runs), 'fail'),
  })),
)
printTable(
  'Wrong verdicts on p99, by the true share of pings above the limit',
  `${count(runs)} simulated runs each of up to 60 s, 3,000 pings a second, looked at ${times.length} times, confidence 0.99.`,
  wrong,
)

const ratios = [0.5, 0.8, 0.95, 1.05, 1.25, 2]
const effort = streams.map((stream) => ({
  'pings are': stream,
  ...Object.fromEntries(ratios.map((ratio) => [`${ratio} ×`, effortOf(stream, ratio)])),
}))
printTable(
  'How long until a verdict, by true p99 ÷ limit',
  `Median of ${count(Math.ceil(runs / 10))} runs each: seconds, pings, and the share of runs that stay undecided within 60 s.`,
  effort,
)

interface Outcome {
  readonly verdict: ReturnType<Procedure>
  readonly duration: number
  readonly pings: number
}

function outcomes(stream: Stream, slow: number, decide: Procedure, wanted: number): Outcome[] {
  return Array.from({ length: wanted }, (_, seed) => outcome(stream, slow, decide, seed + 1))
}

function outcome(stream: Stream, slow: number, decide: Procedure, seed: number): Outcome {
  let last: Outcome | undefined
  let look = 0
  for (const seen of simulate(stream, slow, times, seed)) {
    const verdict = decide(seen, tail, ++look)
    last = { verdict, duration: seen.duration, pings: seen.trials.reduce((sum, trials) => sum + trials, 0) }
    if (verdict !== 'inconclusive') break
  }
  return last!
}

function rateOf(all: readonly Outcome[], verdict: Outcome['verdict']): string {
  return percent(all.filter((one) => one.verdict === verdict).length / all.length)
}

function effortOf(stream: Stream, ratio: number): string {
  const all = outcomes(stream, slowShare(stream, ratio), ours, Math.ceil(runs / 10))
  const undecided = all.filter(({ verdict }) => verdict === 'inconclusive').length / all.length
  const seconds = median(all.map(({ duration }) => duration)) / 1_000
  const pings = median(all.map((one) => one.pings))
  return `${seconds.toFixed(1)} s, ${count(pings)}${undecided > 0 ? `, ${percent(undecided)}` : ''}`
}

function percent(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(2))} %`
}
