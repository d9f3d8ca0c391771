/**
 * How often is a verdict wrong, and how long does it take? Simulated streams with known true percentiles, looked at as
 * `until` does with a `maxDuration` of 60 s, at a confidence of 0.99, beside two procedures that others use; and short runs
 * of a fixed length.
 *
 * Run: node bench/verdict-calibration.ts [--runs 2000]
 */
import { parseArgs } from 'node:util'
import { count, median, printTable } from './control/figures.ts'
import { batchMeans, ours, oursFixed, pooled, type Procedure } from './control/procedures.ts'
import { simulate, slowShare, type Stream, streams } from './control/streams.ts'
import { lookTimes } from '../src/statistics/interim-looks.ts'
import { sum } from '../src/statistics/sum.ts'
import type { Verdict } from '../src/slo/verdict.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '2000' } } })
const runs = Number(values.runs)
const error = 1 - 0.99
const times = lookTimes(60_000)
const procedures: Readonly<Record<string, Procedure>> = {
  'vitest-ws-load': ours,
  'batch means': batchMeans,
  'all pings independent': pooled,
}
const short = { duration: 4_000, pingsPerMs: 10.75 }

interface Outcome {
  readonly verdict: Verdict
  readonly duration: number
  readonly pings: number
}

const wrong = streams.flatMap((stream) => {
  const [met, missed, atLimit] = [0.008, 0.0125, 0.01].map((slow) => outcomesOf(stream, slow, procedures, runs))
  return Object.keys(procedures).map((name) => ({
    'pings are, judged by': `${stream}, ${name}`,
    'false fails at 0.8 %': rateOf(met![name]!, 'fail'),
    'false passes at 1.25 %': rateOf(missed![name]!, 'pass'),
    'passes at 1 %': rateOf(atLimit![name]!, 'pass'),
    'fails at 1 %': rateOf(atLimit![name]!, 'fail'),
  }))
})
printTable(
  'Wrong verdicts on p99, by the true share of pings above the limit',
  `${count(runs)} simulated runs each of up to 60 s, 3,000 pings a second, looked at ${times.length} times, confidence 0.99.`,
  wrong,
)

const inShortRuns = streams.map((stream) => {
  const rate = (slow: number, verdict: Verdict) => rateOf(outcomesOfShort(stream, slow), verdict)
  return {
    'pings are': stream,
    'passes at 0.5 %': rate(0.005, 'pass'),
    'false fails at 0.8 %': rate(0.008, 'fail'),
    'false passes at 1.25 %': rate(0.0125, 'pass'),
    'fails at 2 %': rate(0.02, 'fail'),
  }
})
printTable(
  'The same in short runs of a fixed length',
  `${count(runs)} simulated runs each of ${short.duration / 1_000} s and ${count(short.duration * short.pingsPerMs)} pings, confidence 0.99.`,
  inShortRuns,
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

/** What each procedure makes of the same streams. */
function outcomesOf(
  stream: Stream,
  slow: number,
  judges: Readonly<Record<string, Procedure>>,
  wanted: number,
): Record<string, Outcome[]> {
  const all = Array.from({ length: wanted }, (_, nth) => outcomeOf(stream, slow, judges, nth + 1))
  return Object.fromEntries(Object.keys(judges).map((name) => [name, all.map((one) => one[name]!)]))
}

function outcomeOf(
  stream: Stream,
  slow: number,
  judges: Readonly<Record<string, Procedure>>,
  seed: number,
): Record<string, Outcome> {
  const found: Record<string, Outcome> = {}
  const undecided = new Set(Object.keys(judges))
  let look = 0
  for (const seen of simulate(stream, slow, times, seed)) {
    look++
    for (const name of undecided) {
      const verdict = judges[name]!(seen, error / times.length, look)
      found[name] = { verdict, duration: seen.duration, pings: sum(seen.trials) }
      if (verdict !== 'inconclusive') undecided.delete(name)
    }
    if (undecided.size === 0) break
  }
  return found
}

function outcomesOfShort(stream: Stream, slow: number): Outcome[] {
  return Array.from({ length: runs }, (_, nth) => {
    const [seen] = simulate(stream, slow, [short.duration], nth + 1, short.pingsPerMs)
    return { verdict: oursFixed(seen!, error, 1), duration: short.duration, pings: sum(seen!.trials) }
  })
}

function rateOf(all: readonly Outcome[], verdict: Verdict): string {
  return percent(all.filter((one) => one.verdict === verdict).length / all.length)
}

function effortOf(stream: Stream, ratio: number): string {
  const { ours: all } = outcomesOf(stream, slowShare(stream, ratio), { ours }, Math.ceil(runs / 10))
  const undecided = all!.filter(({ verdict }) => verdict === 'inconclusive').length / all!.length
  const seconds = median(all!.map(({ duration }) => duration)) / 1_000
  const pings = median(all!.map((one) => one.pings))
  return `${seconds.toFixed(1)} s, ${count(pings)}${undecided > 0 ? `, ${percent(undecided)}` : ''}`
}

function percent(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(2))} %`
}
