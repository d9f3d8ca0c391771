import type { LoadResult } from '../result/load-result.ts'
import { studentQuantile } from '../statistics/dependence.ts'
import { fewestRuns } from '../statistics/interim-looks.ts'
import type { Tails } from '../statistics/share.ts'
import { sum } from '../statistics/sum.ts'
import type { ComparedFigure } from './comparison.ts'

/** Two floods that took turns. */
export interface SideBySidePair {
  readonly base: LoadResult
  readonly head: LoadResult
}

/** Both values of a figure in a pair; `NaN` where it tells nothing of it. */
export type FigureOfPair = Pick<ComparedFigure, 'base' | 'head'>

/**
 * The change of a figure between two servers that were started afresh for each of several pairs of floods. Two processes of one program
 * differ, so it is processes that are the sample: the mean of the pairs' logarithmic ratios, with Student's t. Of fewer than 8 pairs
 * nothing bounds it.
 *
 * @see Kalibera & Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013: repetition at the highest level that varies
 */
export function compareAfresh(pairs: readonly FigureOfPair[], { lower, upper }: Tails): ComparedFigure {
  const count = pairs.length
  const bases = pairs.map(({ base }) => Math.log(base))
  const heads = pairs.map(({ head }) => Math.log(head))
  const changes = heads.map((head, nth) => head - bases[nth]!)
  const mean = sum(changes) / count
  const variance = sum(changes.map((change) => (change - mean) ** 2)) / (count - 1)
  const halfWidth = (tail: number): number =>
    count < fewestRuns ? Infinity : studentQuantile(1 - tail, count - 1) * Math.sqrt(variance / count)
  return {
    base: Math.exp(sum(bases) / count),
    head: Math.exp(sum(heads) / count),
    change: Math.expm1(mean),
    low: Math.expm1(mean - halfWidth(lower)),
    high: Math.expm1(mean + halfWidth(upper)),
  }
}
