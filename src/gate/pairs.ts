import { ratioSpread } from '../statistics/dependence.ts'
import type { Tails } from '../statistics/share.ts'
import type { Slices } from '../result/slices.ts'
import type { MeasuredChange } from './comparison.ts'
import type { Figure } from './tolerance.ts'

/** Pings beyond a percentile, or on the shorter side of it, that a block has to have at least. */
const fewestBeyond = 10

/** Slices that are neighbours in time, each a slice of the base with one of the head. */
export interface Pairing {
  readonly base: Slices
  readonly head: Slices
  /** Numbers of the slices. */
  readonly pairs: readonly (readonly [base: number, head: number])[]
}

/** How pairs are compared. */
export interface PairedComparison {
  /** Error probabilities of the ends of the interval. */
  readonly tails: Tails
  /** Milliseconds that a ping without an answer counts as. */
  readonly failed: number
  /** How much of the evidence there is counts, above 0 to 1: a run under way wants to be decided with less of it. */
  readonly part: number
}

/** Two floods that took turns. @param complete the number of slices that both of them completed */
export function pairUp(base: Slices, head: Slices, complete: number): Pairing {
  return { base, head, pairs: Array.from({ length: complete }, (_, nth) => [nth, nth] as const) }
}

/**
 * A flood against itself: its turns that lie side by side, now the former and now the latter as the base. What these
 * differ by is the noise of this machine during this run.
 */
export function pairWithItself(slices: Slices, complete: number): Pairing {
  const pairs = Array.from({ length: Math.max(0, (complete - 1) >> 1) }, (_, nth) => {
    const [former, latter] = [2 * nth + 1, 2 * nth + 2]
    return nth % 2 === 0 ? ([former, latter] as const) : ([latter, former] as const)
  })
  return { base: slices, head: slices, pairs }
}

/**
 * The change of a latency figure between slices that are neighbours in time: what disturbed the machine disturbed both,
 * and cancels in their ratio.
 *
 * Pairs are put together until each block has enough pings for the figure. The mean of the blocks' logarithmic ratios has
 * an interval with Student's t, for which blocks are grown as long as neighbours are correlated ({@link ratioSpread}).
 *
 * @see Bulej et al., Duet Benchmarking, ICPE 2020; Kalibera & Jones, Quantifying Performance Changes with Effect Size
 * Confidence Intervals, University of Kent 2012
 */
export function comparePairs(
  pairing: Pairing,
  figure: Figure,
  { tails, failed, part }: PairedComparison,
): MeasuredChange {
  const ratios = blocksOf(pairing, figure).map(({ base, head }) => {
    return Math.log(valueOf(head, figure, failed) / valueOf(base, figure, failed))
  })
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length
  const ones = ratios.map(() => 1)
  const reach = (tail: number): number => ratioSpread(ratios, ones, tail).halfWidth / Math.sqrt(part)
  const [low, high] = [mean - reach(tails.lower), mean + reach(tails.upper)]
  return { change: Math.expm1(mean), low: Math.expm1(low), high: Math.expm1(high) }
}

/** A latency figure in milliseconds. @param failed milliseconds that a ping without an answer counts as */
export function valueOf(slices: Slices, { percentile }: Figure, failed: number): number {
  return percentile === undefined ? slices.mean(failed) : slices.percentile(percentile, failed)
}

/** Blocks of pairs with enough pings each; pairs in which one side had none tell nothing. */
function blocksOf({ base, head, pairs }: Pairing, { percentile = 50 }: Figure): { base: Slices; head: Slices }[] {
  const [bases, heads] = [base, head].map((slices) => slices.judgedEach())
  const telling = pairs.filter(([one, other]) => bases![one]! > 0 && heads![other]! > 0)
  const fewest = Math.min(sum(telling.map(([one]) => bases![one]!)), sum(telling.map(([, other]) => heads![other]!)))
  const needed = (100 * fewestBeyond) / Math.min(percentile, 100 - percentile)
  const size = Math.max(1, Math.ceil((needed * telling.length) / fewest))
  return Array.from({ length: Math.floor(telling.length / size) || 0 }, (_, nth) => {
    const block = telling.slice(nth * size, (nth + 1) * size)
    return { base: base.pick(block.map(([one]) => one)), head: head.pick(block.map(([, other]) => other)) }
  })
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
