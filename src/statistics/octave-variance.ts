import { sum } from './sum.ts'

const sixteenths = 16
/** Lengths of the blocks that are compared with their neighbours, in sixteenths of a run: the two longest octaves it has seen. */
const blockSizes = [2, 4, 8]

/**
 * How steady a run was: the variance of the logarithm of the odds that an octave of time scale has added, beyond what it adds
 * where neighbours have nothing to do with each other; of the two longest octaves that a run has seen the larger.
 *
 * The halves of a stretch differ from its mean by some variance, half of Allan's, taken over all stretches of a length. If
 * neighbours have nothing in common, stretches of twice the length have half of that variance. What they have above it, the
 * longer time scale has added; with a drift and with 1/f noise every octave does.
 *
 * @param hits in each slice, how often it happened
 * @param trials in each slice, how often it could have
 * @returns 0 for what never changes; infinite where there are fewer than 16 slices, or no neighbours to compare
 * @see Howe, Allan & Barnes, Proc. 35th Frequency Control Symposium (1981): the overlapping Allan variance, and its slope by type
 * of noise; Percival & Walden, Wavelet Methods for Time Series Analysis (2000), chapter 8: the same as a wavelet variance
 */
export function octaveVariance(hits: ArrayLike<number>, trials: ArrayLike<number>): number {
  if (hits.length < sixteenths) return Infinity
  const share = sum(hits) / sum(trials)
  const [hitsBefore, trialsBefore] = [sumsOfSixteenths(hits), sumsOfSixteenths(trials)]
  const variances = blockSizes.map((size) => varianceOfHalves(hitsBefore, trialsBefore, size))
  const added = variances.slice(1).map((variance, nth) => variance - variances[nth]! / 2)
  const largest = Math.max(0, ...added)
  if (largest === 0) return 0
  return Number.isNaN(largest) ? Infinity : largest / (share * (1 - share)) ** 2
}

/** The sum before each sixteenth, and the sum of all. */
function sumsOfSixteenths(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(sixteenths + 1)
  for (let nth = 0; nth < values.length; nth++) {
    sums[1 + Math.floor((nth * sixteenths) / values.length)]! += values[nth]!
  }
  for (let nth = 1; nth <= sixteenths; nth++) sums[nth]! += sums[nth - 1]!
  return sums
}

/** Mean over all stretches of two blocks in which both had trials; `NaN` if there are none. */
function varianceOfHalves(hits: Float64Array, trials: Float64Array, size: number): number {
  let [total, count] = [0, 0]
  for (let first = 0; first + 2 * size <= sixteenths; first++) {
    const shareFrom = (from: number): number =>
      (hits[from + size]! - hits[from]!) / (trials[from + size]! - trials[from]!)
    const difference = shareFrom(first + size) - shareFrom(first)
    if (Number.isNaN(difference)) continue
    total += (difference / 2) ** 2
    count++
  }
  return total / count
}
