import { longestMs, roundLength } from '../slo/duration-needed.ts'
import { fewestBlocks } from '../statistics/dependence.ts'
import type { Tails } from '../statistics/share.ts'
import { sum } from '../statistics/sum.ts'
import { trimmedMean } from '../statistics/trimmed-mean.ts'
import type { Slices } from '../result/slices.ts'
import type { ComparedFigure } from './comparison.ts'
import type { Figure } from './tolerance.ts'

/** Pings or messages beyond a percentile, or on the shorter side of it, that a block has to have at least. */
const fewestSamplesBeyond = 10

/** Slices that are neighbours in time, each a slice of the base with one of the head. */
export interface Pairing {
  readonly base: Slices
  readonly head: Slices
  /** Numbers of the slices. */
  readonly pairs: readonly (readonly [base: number, head: number])[]
  /** Samples that depend on each other as those of one message do: see `Observation`. */
  readonly samplesPerMessage: number
}

/** How pairs are compared. */
export interface PairingRule {
  /** Error probabilities of the ends of the confidence interval. */
  readonly tails: Tails
  /** Milliseconds that a ping without an answer counts as. */
  readonly timeout: number
  /** Share of the evidence that counts, above 0 to 1: an interim look wants to decide with less of it. */
  readonly evidenceShare: number
}

/** Two floods that took turns. @param completed the number of slices that both of them completed */
export function pairUp(base: Slices, head: Slices, completed: number, samplesPerMessage = 1): Pairing {
  return { base, head, pairs: Array.from({ length: completed }, (_, nth) => [nth, nth] as const), samplesPerMessage }
}

/**
 * A flood against itself: its turns that lie side by side, now the former and now the latter as the base. What these
 * differ by is the noise of this machine during this run.
 */
export function pairWithItself(slices: Slices, completed: number, samplesPerMessage = 1): Pairing {
  const pairs = Array.from({ length: Math.max(0, (completed - 1) >> 1) }, (_, nth) => {
    const former = 2 * nth + 1
    const latter = former + 1
    return nth % 2 === 0 ? ([former, latter] as const) : ([latter, former] as const)
  })
  return { base: slices, head: slices, pairs, samplesPerMessage }
}

/**
 * The change of a latency figure between slices that are neighbours in time: what disturbed the machine disturbed both,
 * and cancels in their ratio.
 *
 * Pairs are put together until each block has enough pings, or messages of a fan-out, for the figure. The change is the trimmed mean of
 * the blocks' logarithmic ratios ({@link trimmedShareOf}); for its confidence interval blocks are grown as long as neighbours are correlated.
 *
 * @returns the change, and the geometric means of the figures of the blocks that were kept, whose ratio it is
 * @see Bulej et al., Duet Benchmarking, ICPE 2020; Kalibera & Jones, Quantifying Performance Changes with Effect Size
 * Confidence Intervals, University of Kent 2012
 */
export function comparePairs(
  pairing: Pairing,
  figure: Pick<Figure, 'percentile'>,
  { tails, timeout, evidenceShare }: PairingRule,
): ComparedFigure {
  const { telling, pairsPerBlock } = layOut(pairing, figure)
  const logOf = (side: Slices): number => Math.log(figureOf(side, figure, timeout))
  const failed = Math.log(timeout)
  const blocks = blocksOf(pairing, telling, pairsPerBlock)
    .map(({ base, head }) => ({ base: logOf(base), head: logOf(head) }))
    // Of a block without an answer nothing is left where those that failed are left out; where both sides are what failed, nothing is told.
    .filter(({ base, head }) => !Number.isNaN(base + head) && !(base === failed && head === failed))
  const bases = blocks.map(({ base }) => base)
  const heads = blocks.map(({ head }) => head)
  const logRatio = trimmedMean(
    heads.map((head, nth) => head - bases[nth]!),
    trimmedShareOf(figure),
  )
  const meanOfKept = (logs: readonly number[]): number =>
    sum(logRatio.kept.map((nth) => logs[nth]!)) / logRatio.kept.length
  const { low, high } = logRatio.interval(tails, evidenceShare)
  return {
    base: Math.exp(meanOfKept(bases)),
    head: Math.exp(meanOfKept(heads)),
    change: Math.expm1(logRatio.mean),
    low: Math.expm1(low),
    high: Math.expm1(high),
    ...(blocks.length < fewestBlocks && durationOf(fewestBlocks * pairsPerBlock, pairing, telling)),
  }
}

/** How long both sides together take for so many pairs that tell something; nothing where it is more than a day. */
function durationOf(
  count: number,
  { base, pairs }: Pairing,
  telling: Pairing['pairs'],
): Pick<ComparedFigure, 'durationNeeded'> {
  const ms = (2 * base.length * count * pairs.length) / telling.length
  return ms <= longestMs ? { durationNeeded: roundLength(ms) } : {}
}

/**
 * The share of the blocks that may be left out at each end: half of the share of pings that the percentile leaves out itself, on its shorter side.
 * A mean, and a p99, have to count what happens in a few of the turns.
 */
function trimmedShareOf({ percentile }: Pick<Figure, 'percentile'>): number {
  return percentile === undefined ? 0 : Math.min(percentile, 100 - percentile) / 200
}

/** A latency figure in milliseconds. @param timeout milliseconds that a ping without an answer counts as */
export function figureOf(slices: Slices, { percentile }: Pick<Figure, 'percentile'>, timeout: number): number {
  return percentile === undefined ? slices.mean(timeout) : slices.percentile(percentile, timeout)
}

/**
 * {@link figureOf} of all turns together; `NaN` where not even one ping, or message, lies beyond a percentile.
 * @param samplesPerMessage see {@link Pairing}
 */
export function tellingFigureOf(
  slices: Slices,
  figure: Pick<Figure, 'percentile'>,
  { timeout, samplesPerMessage }: { readonly timeout: number; readonly samplesPerMessage: number },
): number {
  const { percentile = 50 } = figure
  const beyond = (sum(slices.judgedEach()) / samplesPerMessage) * Math.min(percentile, 100 - percentile)
  return beyond < 100 ? NaN : figureOf(slices, figure, timeout)
}

/** The pairs in which both sides had pings or messages, and how many of them have enough together for a figure. */
function layOut(
  { base, head, pairs, samplesPerMessage }: Pairing,
  { percentile = 50 }: Pick<Figure, 'percentile'>,
): { telling: Pairing['pairs']; pairsPerBlock: number } {
  const pingsOfBase = base.judgedEach()
  const pingsOfHead = head.judgedEach()
  const telling = pairs.filter(([ofBase, ofHead]) => pingsOfBase[ofBase]! > 0 && pingsOfHead[ofHead]! > 0)
  const pingsOfSmallerSide = Math.min(
    sum(telling.map(([ofBase]) => pingsOfBase[ofBase]!)),
    sum(telling.map(([, ofHead]) => pingsOfHead[ofHead]!)),
  )
  const pingsPerBlock = (100 * fewestSamplesBeyond * samplesPerMessage) / Math.min(percentile, 100 - percentile)
  return { telling, pairsPerBlock: Math.max(1, Math.ceil((pingsPerBlock * telling.length) / pingsOfSmallerSide)) }
}

function blocksOf(
  { base, head }: Pairing,
  telling: Pairing['pairs'],
  pairsPerBlock: number,
): { base: Slices; head: Slices }[] {
  return Array.from({ length: Math.floor(telling.length / pairsPerBlock) || 0 }, (_, nth) => {
    const block = telling.slice(nth * pairsPerBlock, (nth + 1) * pairsPerBlock)
    return { base: base.pick(block.map(([ofBase]) => ofBase)), head: head.pick(block.map(([, ofHead]) => ofHead)) }
  })
}
