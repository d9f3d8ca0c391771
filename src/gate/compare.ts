import { evidenceFor } from '../slo/evidence.ts'
import { findIndicator } from '../slo/indicator.ts'
import { observeRun } from '../slo/observation.ts'
import { dependenceOf } from '../statistics/dependence.ts'
import type { LoadResult } from '../result/load-result.ts'
import { shareBounds, type Tails } from '../statistics/share.ts'
import { formatCount, formatDuration } from '../units.ts'
import { whyIncomparable } from './comparable.ts'
import { type ComparisonVerdict, judgeComparison, judgeErrors, judgeLatency, type Measured } from './comparison.ts'
import { comparePairs, pairUp, pairWithItself, valueOf } from './pairs.ts'
import type { Figure, ResolvedTolerance } from './tolerance.ts'

const defaultTimeout = 5_000

/**
 * Compares two floods that took turns: figure by figure the mean of the logarithmic ratios of neighbouring slices. A ping
 * that timed out, was lost or dropped counts as one that took its whole `timeout`.
 *
 * The error probability, 1 - confidence, is that of a wrong `slower`, and that of a wrong `same`.
 * @param part of the evidence that counts, above 0 to 1
 */
export function compareSideBySide(
  base: LoadResult,
  head: LoadResult,
  tolerance: ResolvedTolerance,
  confidence: number,
  part = 1,
): ComparisonVerdict {
  const tails = tailsOf(head, tolerance, confidence)
  const complete = Math.floor(Math.min(base.duration, head.duration) / base.slices.length + 1e-6)
  const failed = Number(base.options['timeout'] ?? defaultTimeout)
  const pairing = pairUp(base.slices, head.slices, complete)
  const changes = tolerance.figures.map((figure) => {
    const values = { base: valueOf(base.slices, figure, failed), head: valueOf(head.slices, figure, failed) }
    return judgeLatency({ ...values, ...comparePairs(pairing, figure, { tails, failed, part }) }, figure, tolerance)
  })
  const itself = pairWithItself(base.slices, complete)
  const noiseTails = { lower: (1 - confidence) / 2, upper: (1 - confidence) / 2 }
  const noise = tolerance.figures.map((figure) => {
    return {
      indicator: figure.indicator,
      ...comparePairs(itself, figure, { tails: noiseTails, failed, part }),
    }
  })
  const errors = judgeErrors(compareErrors(base, head, tails), tolerance)
  return judgeComparison([...changes, errors], noise, doubtsAbout(base, head), confidence)
}

/**
 * Compares two runs that were measured one after the other, maybe days apart: a change is sure only where the intervals of the
 * two runs do not explain it. What else changed on the machine in between, nobody can tell. Runs of another load or another
 * machine are not compared, nor are those of a saturated generator: that is unclear.
 */
export function compareRuns(
  base: LoadResult,
  head: LoadResult,
  tolerance: ResolvedTolerance,
  confidence: number,
): ComparisonVerdict {
  const tails = tailsOf(head, tolerance, confidence)
  const changes = tolerance.figures.map((figure) => {
    return judgeLatency(compareIntervals(base, head, figure, tails), figure, tolerance)
  })
  const errors = judgeErrors(compareErrors(base, head, tails), tolerance)
  const incomparable = [...whyIncomparable(base, head), ...saturation({ base, head })]
  const judged = judgeComparison([...changes, errors], [], [...incomparable, ...doubtsAbout(base, head)], confidence)
  return incomparable.length === 0 ? judged : { ...judged, verdict: 'unclear', reasons: incomparable }
}

/**
 * For `same` every figure has to be, so each may use all of the error probability (intersection–union test); one is enough for
 * `slower`, so they share it (Bonferroni). The last of the planned looks has half of it, the others share the rest.
 */
function tailsOf({ looks }: LoadResult, { figures }: ResolvedTolerance, confidence: number): Tails {
  const { taken, planned } = looks
  const error = (1 - confidence) * (planned === 1 ? 1 : taken === planned ? 1 / 2 : 1 / 2 / (planned - 1))
  return { lower: error / (figures.length + 1), upper: error }
}

/** @see Cochran, Sampling Techniques: the ends of a ratio from those of its parts, each with half of the error */
function compareIntervals(base: LoadResult, head: LoadResult, { indicator }: Figure, tails: Tails): Measured {
  const [before, after] = sideTails(tails).map((tails, side) => {
    const result = observeRun([base, head][side]!)
    const reader = findIndicator(indicator)!
    const { measured } = reader.read(result)
    const { low, high } = evidenceFor(result, reader, Infinity, tails)(1)
    return { measured, low, high }
  })
  return {
    base: before!.measured,
    head: after!.measured,
    change: after!.measured / before!.measured - 1,
    low: after!.low / before!.high - 1,
    high: after!.high / before!.low - 1,
  }
}

/**
 * What each side's interval may err by, base first: the change is least where the base is highest and the head lowest, so the two
 * share the error of that end.
 */
function sideTails({ lower, upper }: Tails): readonly [Tails, Tails] {
  return [
    { lower: upper / 2, upper: lower / 2 },
    { lower: lower / 2, upper: upper / 2 },
  ]
}

function compareErrors(base: LoadResult, head: LoadResult, tails: Tails): Measured {
  const [before, after] = sideTails(tails).map((tails, side) => {
    const { slices, errorRate, pings, connections } = [base, head][side]!
    const attempts = pings.due + connections.requested
    const due = slices.pings('sent').map((sent, nth) => sent + slices.pings('dropped')[nth]!)
    const { designEffect } = dependenceOf(slices.failedEach(), due, Math.min(tails.lower, tails.upper))
    // Both were measured in the same moments: what neither of them has seen yet makes no difference.
    const evidence = { effectiveSamples: attempts / designEffect, duration: Infinity }
    return { errorRate, ...shareBounds(errorRate, evidence, tails) }
  })
  return {
    base: before!.errorRate,
    head: after!.errorRate,
    change: after!.errorRate - before!.errorRate,
    low: after!.lower - before!.upper,
    high: after!.upper - before!.lower,
  }
}

/** Side by side a saturated generator disturbs both alike; one after the other it may be all that they differ by. */
function saturation(sides: Readonly<Record<string, LoadResult>>): string[] {
  return Object.entries(sides).flatMap(([name, { generator }]) =>
    generator.saturated
      ? generator.reasons.map((reason) => `${name}: the load generator was saturated: ${reason}`)
      : [],
  )
}

/** What keeps two runs from being compared at all. */
function doubtsAbout(base: LoadResult, head: LoadResult): string[] {
  return Object.entries({ base, head }).flatMap(([name, result]) =>
    doubtsAboutRun(result).map((doubt) => `${name}: ${doubt}`),
  )
}

/** What keeps a run from being compared with any other. */
export function doubtsAboutRun({ ended, duration, pings, connections, generator }: LoadResult): string[] {
  const { requested, opened, closedEarly } = connections
  const [have, gone, wanted] = [opened, closedEarly, requested].map(formatCount)
  return [
    ...(opened < requested ? [`${have} of ${wanted} connections opened`] : []),
    ...(closedEarly > 0 ? [`${gone} of ${wanted} connections ended before the run did`] : []),
    ...(ended === 'aborted' ? [`the run was aborted ${formatDuration(duration)} into its measured window`] : []),
    ...(ended === 'disconnected' ? ['every connection was gone before the run ended'] : []),
    ...(pings.answered === 0 ? [`none of ${formatCount(pings.sent)} pings was answered`] : []),
    ...(generator.saturated ? generator.reasons.map((reason) => `the load generator was saturated: ${reason}`) : []),
  ]
}

/** Whether going on with a comparison cannot make it any clearer: a side is not there. */
export function isHopeless(results: readonly LoadResult[]): boolean {
  return results.some(({ ended, connections }) => ended === 'disconnected' || connections.opened === 0)
}
