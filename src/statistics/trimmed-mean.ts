import { fewestBlocks, ratioSpread, studentQuantile } from './dependence.ts'
import type { Tails } from './share.ts'
import { sum } from './sum.ts'

/** Of fewer values at an end nobody can tell whether they are noise. */
const fewestLeftOut = 16
/** What is left out lies on one side where its sum is as many of its own standard deviations from 0: in one of ten by chance. */
const lopsidedAt = 1.64

/** The mean of a series without its lowest and highest values. */
export interface TrimmedMean {
  readonly mean: number
  /** The numbers of the values that it is the mean of. */
  readonly kept: readonly number[]
  /**
   * Its confidence interval, in its own unit, which reaches as far as the mean of all values: what was left out may not have been
   * noise. Infinite for fewer than 16 values.
   * @param tails the error probabilities of its ends, above 0 and below 0.5
   * @param evidenceShare of the evidence that counts, above 0 to 1
   */
  readonly interval: (tails: Tails, evidenceShare: number) => { readonly low: number; readonly high: number }
}

/**
 * The trimmed mean of a series in the order of time. What was left out counts for its interval as the nearest value that was
 * kept (a winsorized variance), and neighbours may depend on each other as in {@link ratioSpread}.
 *
 * It is the plain mean where fewer than 16 values would be left out at each end, and where those that would be are not balanced: a
 * noise goes both ways, and what does not is part of what is measured.
 *
 * @param share of the values that are left out at each end, from 0, the plain mean, to below 0.5
 * @see Tukey & McLaughlin, Sankhyā A 25 (1963), with Student's t for one degree of freedom less than values were kept;
 * Huber & Ronchetti, Robust Statistics, section 3.3: the influence of each value
 */
export function trimmedMean(values: readonly number[], share: number): TrimmedMean {
  const atEachEnd = Math.floor(share * values.length)
  const leftOut = atEachEnd < fewestLeftOut ? 0 : atEachEnd
  const byValue = values.map((_, nth) => nth).toSorted((one, other) => values[one]! - values[other]!)
  const kept = byValue.slice(leftOut, values.length - leftOut)
  const mean = sum(kept.map((nth) => values[nth]!)) / kept.length
  const beyond = [...byValue.slice(0, leftOut), ...byValue.slice(values.length - leftOut)]
  if (areLopsided(beyond.map((nth) => values[nth]! - mean))) return trimmedMean(values, 0)
  const [least, most] = [values[kept[0]!]!, values[kept.at(-1)!]!]
  const winsorized = values.map((value) => Math.min(most, Math.max(least, value)))
  const ofKept = values.map(() => kept.length / values.length)
  return {
    mean,
    kept,
    interval({ lower, upper }, evidenceShare) {
      const meanOfAll = sum(values) / values.length
      const halfWidth = (tail: number): number => {
        if (values.length < fewestBlocks) return Infinity
        const [t, tOfAll] = [kept, values].map(({ length }) => studentQuantile(1 - tail, length - 1))
        return (ratioSpread(winsorized, ofKept, tail).halfWidth * (t! / tOfAll!)) / Math.sqrt(evidenceShare)
      }
      return { low: Math.min(mean - halfWidth(lower), meanOfAll), high: Math.max(mean + halfWidth(upper), meanOfAll) }
    },
  }
}

/** Whether so much of it lies on one side as noise, which may have had the other sign each time, would not. @see Fisher's randomization test */
function areLopsided(distances: readonly number[]): boolean {
  return Math.abs(sum(distances)) > lopsidedAt * Math.sqrt(sum(distances.map((distance) => distance * distance)))
}
