/**
 * Do turns leave anything to the next one's figures, and what does a randomization test of their drawn order say? Servers that parse and
 * hash JSON on one processor take turns: equal ones, beside a process that takes a core now and then too, one beside a head that hashes
 * more, and beside one that still sleeps over its answers when the other's turn begins. Of two turns of one server in a row the first
 * follows the other server, the second does not: what they differ by was carried over. Control: the interval of `wsLoad.compare()` on the
 * same turns.
 *
 * Run: npm run build && node bench/turns.ts [--rounds 5] [--seconds 30]
 */
import { parseArgs } from 'node:util'
import { compareSideBySide } from '../src/gate/compare.ts'
import { parseTolerance } from '../src/gate/tolerance.ts'
import { Turns, turnLengthMs } from '../src/generator/turns.ts'
import { parseOptions } from '../src/options/options.ts'
import type { LoadResult } from '../src/result/load-result.ts'
import { runSideBySide } from '../src/run/side-by-side.ts'
import { sum } from '../src/statistics/sum.ts'
import { trimmedMean } from '../src/statistics/trimmed-mean.ts'
import { startCpuHog } from './control/cpu-hog.ts'
import { median, printTable } from './control/figures.ts'
import { uniform } from './control/random.ts'
import { startWorkingServer, type Work } from './control/working-server.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '30' } },
})
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
/** The only processor that servers may use, by its number. */
const serversOn = 1
const confidence = 0.99
const load = { connections: 32, probe: { protocol: new URL('control/json.protocol.ts', import.meta.url) } }
const figures = [
  { figure: 'p50', percentile: 50 },
  { figure: 'p99', percentile: 99 },
]
/** Of the ratios of p50, left out at each end, as in a comparison. */
const trimmedShare = 0.25
/** Orders of turns that the randomization test draws. */
const draws = 2_000

interface Case {
  readonly head: string
  readonly work: readonly [ofBase: Work, ofHead: Work]
  readonly isDisturbed?: boolean
}
const cases: readonly Case[] = [
  { head: 'the same', work: [{ hashes: 64 }, { hashes: 64 }] },
  {
    head: 'the same, a core taken now and then',
    work: [{ hashes: 64 }, { hashes: 64 }],
    isDisturbed: true,
  },
  { head: '50 % more hashes', work: [{ hashes: 64 }, { hashes: 96 }] },
  {
    head: '20 ms of sleep',
    work: [{ hashes: 64 }, { hashes: 64, sleep: 20 }],
  },
]

/** Both sides of a comparison that took all of its time. */
async function takeTurns({ work, isDisturbed = false }: Case): Promise<readonly [base: LoadResult, head: LoadResult]> {
  const [base, head] = [await startWorkingServer(work[0], serversOn), await startWorkingServer(work[1], serversOn)]
  const hog = isDisturbed ? startCpuHog() : undefined
  try {
    const flood = { ...parseOptions({ ...load, duration: `${seconds / 2}s` }), url: base.url }
    const [ofBase, ofHead] = await runSideBySide([flood, { ...flood, url: head.url }], { asLastLook: true })
    return [ofBase, ofHead]
  } finally {
    hog?.stop()
    base.stop()
    head.stop()
  }
}

function logOf({ slices, options }: LoadResult, turn: number, percentile: number): number {
  return Math.log(slices.stretch(turn, 1).percentile(percentile, options.timeout))
}

/** Of two turns of one side in a row, how much higher, as a logarithm, the figure of the first was than that of the second. */
function carriedOver(result: LoadResult, side: number, percentile: number): number[] {
  const turns = new Turns({ side, sides: 2, length: turnLengthMs, seed: result.options.seed! })
  const beginsAt = (turn: number): number => turns.elapsed(turn * turnLengthMs)
  const cycles = Math.floor(result.slices.completedAfter(result.duration) / 2)
  return Array.from({ length: cycles }, (_, cycle) => 2 * cycle).flatMap((first) => {
    const isInARow = beginsAt(first + 1) - beginsAt(first) < 1.5 * turnLengthMs
    return isInARow ? [logOf(result, first, percentile) - logOf(result, first + 1, percentile)] : []
  })
}

/** Head against base, of the two pairs of turns of each cycle: with another draw both had the other sign. */
function logRatiosOfCycles(base: LoadResult, head: LoadResult, percentile: number): number[][] {
  const cycles = Math.floor(base.slices.completedAfter(Math.min(base.duration, head.duration)) / 2)
  return Array.from({ length: cycles }, (_, cycle) =>
    [2 * cycle, 2 * cycle + 1].map((turn) => logOf(head, turn, percentile) - logOf(base, turn, percentile)),
  )
}

/** Half of the interval of the changes that a test of the drawn orders does not refuse, leaving out as many as a comparison does. */
function halfByRandomization(cycles: readonly (readonly number[])[], random: () => number): number {
  const all = cycles.flat()
  const { mean, kept } = trimmedMean(all, trimmedShare)
  const leftOut = (all.length - kept.length) / 2
  const drawn = Array.from({ length: draws }, () => {
    const ratios = cycles.flatMap((cycle) => {
      const sign = random() < 0.5 ? 1 : -1
      return cycle.map((ratio) => sign * (ratio - mean))
    })
    const middle = ratios.toSorted((one, other) => one - other).slice(leftOut, ratios.length - leftOut)
    return sum(middle) / middle.length
  }).toSorted((one, other) => one - other)
  return drawn[Math.ceil((1 - (1 - confidence) / 2) * draws) - 1]!
}

const percent = (log: number): string => `${(Math.expm1(log) * 100).toFixed(2)} %`
const random = uniform(1)
const taken: { readonly one: Case; readonly sides: readonly [base: LoadResult, head: LoadResult] }[] = []
for (let round = 0; round < rounds; round++) {
  for (const one of cases) taken.push({ one, sides: await takeTurns(one) })
}
const sidesOf = (one: Case): (readonly [base: LoadResult, head: LoadResult])[] =>
  taken.filter((other) => other.one === one).map(({ sides }) => sides)

printTable(
  'What a turn carries over to the next',
  `${rounds} comparisons of ${seconds} s each, turns of ${turnLengthMs} ms, 32 connections, servers on one processor. By how much the figure of a turn that follows the other server's is higher than that of the turn of the same server right after it, with its interval of ${confidence * 100} %.`,
  cases.flatMap((one) =>
    (['base', 'head'] as const).map((name, side) => ({
      head: one.head,
      side: name,
      ...Object.fromEntries(
        figures.map(({ figure, percentile }) => {
          const differences = sidesOf(one).flatMap((sides) => carriedOver(sides[side]!, side, percentile))
          const tail = (1 - confidence) / 2
          const { mean, interval } = trimmedMean(differences, 0)
          const { low, high } = interval({ lower: tail, upper: tail }, 1)
          return [figure, `${percent(mean)} (${percent(low)} … ${percent(high)})`]
        }),
      ),
    })),
  ),
)
const tolerance = parseTolerance({ p50: '4%' })
printTable(
  'A randomization test of the order',
  `The same comparisons. Half of the interval of p50 at ${confidence * 100} %: that of the changes which a test of ${draws.toLocaleString('en-US')} drawn orders of each cycle of four turns does not refuse (Fisher 1935), and that which a comparison of p50 alone prints at its last look.`,
  cases.map((one) => {
    const halves = sidesOf(one).map(([base, head]) => {
      const { low, high } = compareSideBySide(base, head, tolerance, confidence).changes[0]!
      const ours = (Math.log1p(high) - Math.log1p(low)) / 2
      return { byRandomization: halfByRandomization(logRatiosOfCycles(base, head, 50), random), ours }
    })
    return {
      head: one.head,
      'by randomization': percent(median(halves.map(({ byRandomization }) => byRandomization))),
      'wsLoad.compare': percent(median(halves.map(({ ours }) => ours))),
      'wsLoad.compare ÷ randomization': median(
        halves.map(({ ours, byRandomization }) => ours / byRandomization),
      ).toFixed(2),
    }
  }),
)
