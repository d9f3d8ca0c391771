import jstat from 'jstat'

/** What a share was seen in. */
export interface SampleSize {
  /** Number of independent samples that would tell as much. */
  readonly effectiveSamples: number
  /** Milliseconds over which they were seen. */
  readonly duration: number
  /** How steady they were, see `octaveVariance`. */
  readonly octaveVariance: number
}

/** Error probabilities of the lower and of the upper end of a confidence interval, each above 0 and below 0.5. */
export interface Tails {
  readonly lower: number
  readonly upper: number
}

/** Natural logarithm of the factor by which odds may be off those of a longer time if no more is known than one second. */
const unseenInOneSecond = 1.8
/** A run is held to say something about a time that is longer by so many octaves: 65,536 times as long. */
const octavesBeyondRun = 16
/** From fewer effective samples than this nothing is concluded, and beta quantiles are not asked. */
const fewestEffectiveHits = 0.1

/** A run that may end as soon as it is decided is trusted like one of a third of its length: it stops when it looks best. */
export const earlyStoppingDivisor = 3

/**
 * Bounds of a true share, given the share that was seen: Clopper and Pearson's with the effective sample size, widened by
 * what so short a run cannot have seen.
 *
 * How far the odds of a longer time may be off those of the run is taken as a factor, e^m. What an octave of time scale has
 * added to the variance of their logarithm within the run, and what is hidden from it (that variance itself), each of the 16
 * octaves beyond the run may add again, as 1/f noise would. That is how narrow it is for a run which demonstrates that it is
 * steady. It is never wider than an assumption for those that do not: m = 1.8 ÷ √t after `t` seconds, a factor of 6 after one
 * second. Both numbers were chosen by simulation (`bench/verdict-calibration.ts`, which prints how often verdicts are wrong).
 *
 * @returns 0 and 1 where there is no effective sample
 * @see Clopper & Pearson, Biometrika 26 (1934); Korn & Graubard, Survey Methodology 24 (1998), for effective sample sizes;
 * Müller & Watson, Review of Economic Studies 83 (2016), for what a series tells of its mean over a longer time
 */
export function shareBounds(share: number, size: SampleSize, { lower, upper }: Tails) {
  const n = size.effectiveSamples
  if (!(n > 0)) return { lower: 0, upper: 1 }
  const hits = share * n
  const low = hits < fewestEffectiveHits ? 0 : jstat.beta.inv(lower, hits, n - hits + 1)
  const high = hits > n - fewestEffectiveHits ? 1 : jstat.beta.inv(1 - upper, hits + 1, n - hits)
  return {
    lower: shiftOdds(low, -unseenLogOdds(share, size, lower)),
    upper: shiftOdds(high, unseenLogOdds(share, size, upper)),
  }
}

/**
 * How many effective samples a percentile needs at least before any value bounds it from above: 459 for p99 at 1 %, seen for ever.
 * @param p above 0 and below 100
 * @param duration milliseconds over which the samples are seen
 * @param tail the error probability of the upper bound
 */
export function samplesNeeded(p: number, duration: number, tail: number): number {
  const beyond = shiftOdds(1 - p / 100, -assumedLogOdds(duration))
  return Math.ceil(Math.log(tail) / Math.log1p(-beyond))
}

function unseenLogOdds(
  share: number,
  { effectiveSamples, duration, octaveVariance }: SampleSize,
  tail: number,
): number {
  const hidden = 1 / (effectiveSamples * share * (1 - share))
  const beyond = Math.sqrt(octavesBeyondRun * (octaveVariance + hidden))
  return Math.min(jstat.normal.inv(1 - tail, 0, 1) * beyond, assumedLogOdds(duration))
}

/** @param duration milliseconds */
function assumedLogOdds(duration: number): number {
  return unseenInOneSecond / Math.sqrt(duration / 1_000)
}

function shiftOdds(share: number, logOdds: number): number {
  const odds = (share / (1 - share)) * Math.exp(logOdds)
  return odds === Infinity ? 1 : odds / (1 + odds)
}
