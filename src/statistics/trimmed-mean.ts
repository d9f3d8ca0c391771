import { fewestBlocks, ratioSpread, studentQuantile } from './dependence.ts'
import { sum } from './sum.ts'

/** What is left out lies on one side where its sum is as many of its own standard deviations from 0: in one of ten by chance. */
const lopsidedAt = 1.64

/** The mean of a series without its lowest and highest values. */
export interface TrimmedMean {
  readonly mean: number
  /** The numbers of the values that it is the mean of. */
  readonly kept: readonly number[]
  /**
   * Half the width of its confidence interval, in its own unit; infinite for fewer than 16 values.
   * @param tail the error probability of a one-sided bound, above 0 and below 0.5
   */
  readonly halfWidth: (tail: number) => number
}

/**
 * The trimmed mean of a series in the order of time. What was left out counts for its interval as the nearest value that was
 * kept (a winsorized variance), and neighbours may depend on each other as in {@link ratioSpread}.
 *
 * It is the plain mean where fewer than 16 values would be left out at each end, and where most of what would be lies at one of
 * them: a noise goes both ways, and what does not is part of what is measured.
 *
 * @param share of the values that are left out at each end, from 0, the plain mean, to below 0.5
 * @see Tukey & McLaughlin, Sankhyā A 25 (1963), with Student's t for one degree of freedom less than values were kept;
 * Huber & Ronchetti, Robust Statistics, section 3.3: the influence of each value
 */
export function trimmedMean(values: readonly number[], share: number): TrimmedMean {
  const trimmed = Math.floor(share * values.length)
  const byValue = values.map((_, nth) => nth).toSorted((one, other) => values[one]! - values[other]!)
  const kept = byValue.slice(trimmed, values.length - trimmed)
  const [least, most] = [values[kept[0]!]!, values[kept.at(-1)!]!]
  const winsorized = values.map((value) => Math.min(most, Math.max(least, value)))
  if (trimmed > 0 && (trimmed < fewestBlocks || areLopsided(values, winsorized))) return trimmedMean(values, 0)
  const ofKept = values.map(() => kept.length / values.length)
  return {
    mean: sum(kept.map((nth) => values[nth]!)) / kept.length,
    kept,
    halfWidth(tail) {
      if (values.length < fewestBlocks) return Infinity
      const [t, tOfAll] = [kept, values].map(({ length }) => studentQuantile(1 - tail, length - 1))
      return ratioSpread(winsorized, ofKept, tail).halfWidth * (t! / tOfAll!)
    },
  }
}

/** Whether what lies beyond the kept values does so on one side rather than by chance on either. @see Fisher's randomization test, of signs */
function areLopsided(values: readonly number[], winsorized: readonly number[]): boolean {
  const beyond = values.map((value, nth) => value - winsorized[nth]!)
  return Math.abs(sum(beyond)) > lopsidedAt * Math.sqrt(sum(beyond.map((excess) => excess * excess)))
}
