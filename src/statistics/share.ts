import jstat from 'jstat'

/** What a share was seen in. */
export interface SampleSize {
  /** Number of independent samples that would tell as much. */
  readonly effectiveSamples: number
  /** Milliseconds over which they were seen. */
  readonly duration: number
}

/** Error probabilities of the lower and of the upper end of a confidence interval, each above 0 and below 0.5. */
export interface Tails {
  readonly lower: number
  readonly upper: number
}

/** Natural logarithm of the factor by which odds may drift without that being seen within a second. */
const logOddsDriftUnseenInOneSecond = 1.2
/** From fewer effective samples than this nothing is concluded, and beta quantiles are not asked. */
const fewestEffectiveHits = 0.1

/** A run that may end as soon as it is decided is trusted like one of a third of its length: it stops when it looks best. */
export const earlyStoppingDivisor = 3

/**
 * Bounds of a true share, given the share that was seen: Clopper and Pearson's with the effective sample size, widened by
 * what so short a run cannot have seen.
 *
 * That widening is an assumption, not a measurement: the odds seen over one second are taken to be up to e^1.2 = 3.3 times
 * off those of a longer time, and over `t` seconds up to e^(1.2 ÷ √t). It was chosen by simulation
 * (`bench/verdict-calibration.ts`, which prints how often verdicts are wrong with it).
 *
 * @returns 0 and 1 where there is no effective sample
 * @see Clopper & Pearson, Biometrika 26 (1934); Korn & Graubard, Survey Methodology 24 (1998), for effective sample sizes
 */
export function shareBounds(share: number, { effectiveSamples: n, duration }: SampleSize, { lower, upper }: Tails) {
  if (!(n > 0)) return { lower: 0, upper: 1 }
  const hits = share * n
  const low = hits < fewestEffectiveHits ? 0 : jstat.beta.inv(lower, hits, n - hits + 1)
  const high = hits > n - fewestEffectiveHits ? 1 : jstat.beta.inv(1 - upper, hits + 1, n - hits)
  const drift = unseenLogOddsDrift(duration)
  return { lower: shiftOdds(low, -drift), upper: shiftOdds(high, drift) }
}

/**
 * How many effective samples a percentile needs at least before any value bounds it from above: 459 for p99 at 1 %, seen for ever.
 * @param p above 0 and below 100
 * @param duration milliseconds over which the samples are seen
 * @param tail the error probability of the upper bound
 */
export function samplesNeeded(p: number, duration: number, tail: number): number {
  const beyond = shiftOdds(1 - p / 100, -unseenLogOddsDrift(duration))
  return Math.ceil(Math.log(tail) / Math.log1p(-beyond))
}

/** @param duration milliseconds */
function unseenLogOddsDrift(duration: number): number {
  return logOddsDriftUnseenInOneSecond / Math.sqrt(duration / 1_000)
}

function shiftOdds(share: number, logOdds: number): number {
  const odds = (share / (1 - share)) * Math.exp(logOdds)
  return odds === Infinity ? 1 : odds / (1 + odds)
}
