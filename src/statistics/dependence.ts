import jstat from 'jstat'
import { octaveVariance } from './octave-variance.ts'
import { sum } from './sum.ts'

/** Blocks of time that a variance is estimated from, at least. */
export const fewestBlocks = 16
/** Blocks whose lag-1 correlation is below this are taken to be independent. */
const negligibleCorrelation = 0.1
/** No lag-1 correlation counts as more than this, so that the factor for it stays finite. */
const largestCorrelation = 0.9

/** How much less the samples of a run tell than as many independent ones, and how steady they were. */
export interface Dependence {
  /**
   * Variance of the share divided by that of as many independent samples, at least 1, with what the few blocks it was
   * estimated from leave uncertain: a run of `n` samples tells as much as `n / designEffect` independent ones.
   */
  readonly designEffect: number
  /** See {@link octaveVariance}. */
  readonly octaveVariance: number
  /** Whether blocks of time long enough to be uncorrelated fitted into the run. */
  readonly resolved: boolean
}

/** Of samples that tell as much as their number says. */
export const independent: Dependence = { designEffect: 1, octaveVariance: 0, resolved: true }

/** What two dependences leave to be told, each at its worst. */
export function larger(one: Dependence, other: Dependence): Dependence {
  const { designEffect, resolved } = other.designEffect > one.designEffect ? other : one
  return { designEffect, resolved, octaveVariance: Math.max(one.octaveVariance, other.octaveVariance) }
}

/** How uncertain a ratio of sums is. */
export interface Spread {
  /** Half the width of its confidence interval, in its own unit. */
  readonly halfWidth: number
  /** As in {@link Dependence}. */
  readonly resolved: boolean
}

/**
 * How far the samples of a run depend on each other, from how often something happened in each slice of time; see
 * {@link ratioSpread}.
 *
 * @param hits in each slice, how often it happened
 * @param trials in each slice, how often it could have
 * @param tail the error probability of the bound it is meant for, above 0 and below 0.5
 * @see Korn & Graubard, Survey Methodology 24 (1998): effective sample size, and its factor for degrees of freedom
 */
export function dependenceOf(hits: ArrayLike<number>, trials: ArrayLike<number>, tail: number): Dependence {
  const total = sum(trials)
  const share = sum(hits) / total
  const binomialVariance = (share * (1 - share)) / total
  if (!(binomialVariance > 0)) return independent
  const { halfWidth, resolved } = ratioSpread(hits, trials, tail)
  const squaredIfIndependent = studentQuantile(tail, Math.max(1, total - 1)) ** 2 * binomialVariance
  return {
    designEffect: Math.max(1, halfWidth ** 2 / squaredIfIndependent),
    octaveVariance: octaveVariance(hits, trials),
    resolved,
  }
}

/**
 * How uncertain the ratio of two sums over slices of time is: a share of pings, a mean, a rate.
 *
 * Slices are put together to blocks of 1, 2, 4 … slices, as long as there are at least `fewest` of them. Each block length gives
 * a variance of the ratio (ratio estimator over clusters), with Student's t for its degrees of freedom, and for what
 * correlation is left between neighbouring blocks the factor of an AR(1) process, (1 + ρ) ÷ (1 - ρ). The largest counts.
 *
 * @param tail the error probability of a one-sided bound, above 0 and below 0.5
 * @param fewest blocks that a variance is estimated from, at least 2
 * @returns an infinite half width where there are fewer slices
 * @see Flyvbjerg & Petersen, J. Chem. Phys. 91 (1989): blocking; Law, Simulation Modeling and Analysis, section 9.5: batch
 * means; Cochran, Sampling Techniques, section 6.3: ratio estimator
 */
export function ratioSpread(
  parts: ArrayLike<number>,
  wholes: ArrayLike<number>,
  tail: number,
  fewest: number = fewestBlocks,
): Spread {
  const ratio = sum(parts) / sum(wholes)
  let spread: Spread = { halfWidth: parts.length < fewest ? Infinity : 0, resolved: false }
  for (let blocks = { parts, wholes }; blocks.parts.length >= fewest; blocks = mergeNeighbours(blocks)) {
    const { variance, correlation } = varianceOf(blocks, ratio)
    const t = studentQuantile(1 - tail, blocks.parts.length - 1)
    const halfWidth = t * Math.sqrt((variance * (1 + correlation)) / (1 - correlation))
    spread = { halfWidth: Math.max(spread.halfWidth, halfWidth), resolved: correlation < negligibleCorrelation }
  }
  return spread
}

/** Quantile of Student's t distribution. */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  return jstat.studentt.inv(probability, degreesOfFreedom)
}

interface Blocks {
  readonly parts: ArrayLike<number>
  readonly wholes: ArrayLike<number>
}

/** Variance of the ratio as the blocks show it, and the lag-1 correlation of their residuals beyond its own error. */
function varianceOf({ parts, wholes }: Blocks, ratio: number): { variance: number; correlation: number } {
  const count = parts.length
  let squares = 0
  let products = 0
  let previous = 0
  for (let nth = 0; nth < count; nth++) {
    const residual = parts[nth]! - ratio * wholes[nth]!
    squares += residual * residual
    products += residual * previous
    previous = residual
  }
  const correlation = squares === 0 ? 0 : products / squares
  return {
    variance: ((count / (count - 1)) * squares) / sum(wholes) ** 2,
    correlation: Math.min(largestCorrelation, Math.max(0, correlation - 1 / Math.sqrt(count))),
  }
}

/** Neighbours put together; a last one without a neighbour goes to the pair before it. */
function mergeNeighbours({ parts, wholes }: Blocks): Blocks {
  return { parts: sumPairs(parts), wholes: sumPairs(wholes) }
}

function sumPairs(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length >> 1)
  for (let nth = 0; nth < values.length; nth++) sums[Math.min(nth >> 1, sums.length - 1)]! += values[nth]!
  return sums
}
