import { compareSideBySide } from '../../src/gate/compare.ts'
import { type ChangeVerdict, judgeComparison, judgeLatency } from '../../src/gate/comparison.ts'
import { leftToWork } from '../../src/gate/left-to-work.ts'
import { figureOf } from '../../src/gate/pairs.ts'
import type { Figure, ResolvedTolerance } from '../../src/gate/tolerance.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { ratioSpread } from '../../src/statistics/dependence.ts'
import { interimEvidenceShare } from '../../src/statistics/interim-looks.ts'
import type { Tails } from '../../src/statistics/share.ts'
import { sum } from '../../src/statistics/sum.ts'

/** Pings beyond a percentile that each block of turns has. */
const samplesBeyond = 10

/**
 * What a comparison would say of the same turns if the change of each latency were the mean of all logarithmic ratios, whatever the
 * machine did meanwhile; all else is the same.
 */
export function judgeByMeanOfTurns(
  base: LoadResult,
  head: LoadResult,
  tolerance: ResolvedTolerance,
  confidence: number,
): ChangeVerdict {
  const isOver = base.looks.taken === base.looks.planned
  const evidenceShare = isOver ? 1 : interimEvidenceShare
  const { changes, doubtful, reasons } = compareSideBySide(base, head, tolerance, confidence, { evidenceShare })
  const tails = tailsOf(base, tolerance, confidence)
  const latencies = tolerance.figures.map((figure) =>
    judgeLatency(compareMeans(base, head, figure, { tails, evidenceShare }), figure, tolerance),
  )
  const others = changes.filter(({ indicator }) => tolerance.figures.every((figure) => figure.indicator !== indicator))
  const work = others.filter(({ indicator }) => indicator === 'cpuPerPing')
  return judgeComparison([...latencies, ...others], confidence, {
    threats: doubtful ? reasons : [],
    ...(tolerance.fallsBack && isOver && { left: leftToWork(base, latencies, work) }),
  }).verdict
}

/** As of a comparison: half of the error probability is the last look's, and those that may be `slower` share it. */
function tailsOf({ looks }: LoadResult, { figures }: ResolvedTolerance, confidence: number): Tails {
  const { taken, planned } = looks
  const error = ((1 - confidence) / 2) * (taken === planned ? 1 : 1 / (planned - 1))
  return { lower: error / (figures.length + 2), upper: error }
}

function compareMeans(
  base: LoadResult,
  head: LoadResult,
  figure: Figure,
  { tails, evidenceShare }: { readonly tails: Tails; readonly evidenceShare: number },
) {
  const { percentile = 50 } = figure
  const turns = base.slices.completedAfter(Math.min(base.duration, head.duration))
  const pings = Math.min(sum(base.slices.judgedEach()), sum(head.slices.judgedEach()))
  const turnsPerBlock = Math.ceil(((100 * samplesBeyond) / Math.min(percentile, 100 - percentile) / pings) * turns)
  const hasPings = (first: number): boolean =>
    [base, head].every(({ slices }) => sum(slices.stretch(first, turnsPerBlock).judgedEach()) > 0)
  const blocks = Array.from({ length: Math.floor(turns / turnsPerBlock) }, (_, nth) => nth * turnsPerBlock).filter(
    hasPings,
  )
  const logsOf = ({ slices }: LoadResult): number[] =>
    blocks.map((first) => Math.log(figureOf(slices.stretch(first, turnsPerBlock), figure, base.options.timeout)))
  const [before, after] = [logsOf(base), logsOf(head)]
  const logRatios = after.map((log, nth) => log - before[nth]!)
  const mean = sum(logRatios) / logRatios.length
  const ones = logRatios.map(() => 1)
  const halfWidth = (tail: number): number => ratioSpread(logRatios, ones, tail).halfWidth / Math.sqrt(evidenceShare)
  return {
    base: Math.exp(sum(before) / before.length),
    head: Math.exp(sum(after) / after.length),
    change: Math.expm1(mean),
    low: Math.expm1(mean - halfWidth(tails.lower)),
    high: Math.expm1(mean + halfWidth(tails.upper)),
  }
}
