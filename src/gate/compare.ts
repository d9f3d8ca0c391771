import { describeBottleneck, describeWork, notableShare } from '../slo/bottleneck.ts'
import { type Evidence, latencyEvidence } from '../slo/evidence.ts'
import { type Observation, observeRun, trustedDuration } from '../slo/observation.ts'
import { readErrorRate, readMean, readPercentile } from '../slo/reading.ts'
import { dependenceOf } from '../statistics/dependence.ts'
import type { LoadResult } from '../result/load-result.ts'
import { withoutFailed } from '../result/slices.ts'
import { fewestRuns } from '../statistics/interim-looks.ts'
import { shareBounds, type Tails } from '../statistics/share.ts'
import { sumEach } from '../statistics/sum.ts'
import { formatRatio } from '../units.ts'
import { compareAfresh, type FigureOfPair, type SideBySidePair } from './afresh.ts'
import { threatsOfRun, whyIncomparable, whySaturated, whySilent, whyUnmatched } from './comparable.ts'
import {
  type Change,
  type ComparedFigure,
  type ComparisonVerdict,
  judgeComparison,
  judgeErrors,
  judgeLatency,
  judgeWork,
  type Noise,
} from './comparison.ts'
import { comparePairs, pairUp, type PairingRule, pairWithItself, tellingFigureOf } from './pairs.ts'
import { leftToWork } from './left-to-work.ts'
import type { Figure, ResolvedTolerance } from './tolerance.ts'
import { compareWork, compareWorkSideBySide } from './work.ts'

/** What figures are taken of. */
const samplesOf = { latency: 'pings', delivery: 'deliveries', first: 'messages', completion: 'messages' } as const
const unknownChange: ComparedFigure = { base: NaN, head: NaN, change: NaN, low: NaN, high: Infinity }

/** What is known of two floods besides their results. */
interface SideBySideEvidence {
  /** Share of the evidence that has to suffice, above 0 to 1. */
  readonly evidenceShare?: number | undefined
  /** The floods that the two were put together from, where their servers were started afresh for each pair. */
  readonly pairs?: readonly SideBySidePair[] | undefined
}

/**
 * Compares two floods that took turns: figure by figure the trimmed mean of the logarithmic ratios of neighbouring slices, or the mean of
 * those of pairs of processes. A ping that timed out, was lost or dropped counts as one that took its whole `timeout`.
 *
 * The error probability, 1 - confidence, is that of a wrong `slower`, and that of a wrong `same`.
 */
export function compareSideBySide(
  base: LoadResult,
  head: LoadResult,
  tolerance: ResolvedTolerance,
  confidence: number,
  { evidenceShare = 1, pairs }: SideBySideEvidence = {},
): ComparisonVerdict {
  const { figures } = tolerance
  const tails = tailsOf(head, tolerance, confidence)
  const estimate = pairs === undefined ? betweenTurns(base, head, { tails, evidenceShare }) : betweenPairs(pairs, tails)
  const untold = whyUntold([{ base, head }, ...(pairs ?? [])], tolerance, estimate)
  const latencies = figures.map((figure): Change => {
    const compared = untold.has(figure.indicator) ? unknownChange : estimate.latency(figure)
    return judgeLatency(compared, figure, tolerance)
  })
  const work = judgeWork(tolerance, estimate.work, evidenceShare === 1)
  const errors = judgeErrors(
    compareErrors(base, head, tails, () => Infinity),
    tolerance,
  )
  const isOver = base.looks.taken === base.looks.planned && evidenceShare === 1
  const left = tolerance.fallsBack && isOver ? leftToWork(base, latencies, work) : undefined
  // What stands in the table, as the mean of pairs, is not said once more of all of them together.
  const isToldByPairs = pairs !== undefined && work.length > 0
  const ofGenerator = left?.hasStarved === true ? [] : ofEitherSide(base, head, whySaturatedRun)
  const ofSides = [...ofEitherSide(base, head, threatsOfRun), ...whySilentStarts({ base, head }, pairs)]
  const verdict = judgeComparison([...latencies, ...work, errors], confidence, {
    noise: figures.flatMap((figure) => estimate.noise(figure, confidence)),
    threats: [...ofSides, ...ofGenerator],
    untold,
    bottlenecks: [
      ...whoWasInTheWay(base, head, isSlower(latencies) && !hasAnotherLoad(base, head)),
      ...(isToldByPairs ? [] : describeWork(base.server, head.server)),
    ],
    starts: pairs?.length ?? 1,
    ...(left !== undefined && { left }),
  })
  return hasAnotherLoad(base, head) ? unclear(verdict, ofSides) : verdict
}

/** A base that was not all there had less to do: that the head was slower says nothing of it. */
function hasAnotherLoad(base: LoadResult, head: LoadResult): boolean {
  return threatsOfRun(base).length > 0 || whyUnmatched(head).length > 0
}

/** Servers of which nothing was heard after one of their starts, where the answers of the others hide that. */
function whySilentStarts(whole: SideBySidePair, pairs: readonly SideBySidePair[] = []): string[] {
  return (['base', 'head'] as const).flatMap((side) => {
    if (whole[side].pings.answered === 0) return []
    return pairs.flatMap((pair, nth) => whySilent(pair[side]).map((what) => `${side}: ${what}, in start ${nth + 1}`))
  })
}

/**
 * Figures that would be the same however long failed pings had taken, on both sides, and why: they tell nothing then.
 * @param floods both sides as a whole, then each pair of them
 */
function whyUntold(
  floods: readonly SideBySidePair[],
  tolerance: ResolvedTolerance,
  estimate: Estimate,
): Map<string, string> {
  const untold = tolerance.figures.flatMap((figure): [string, string][] => {
    const shareOf = (side: LoadResult): number => failedShareOf(observed(observeRun(side), figure)!)
    const shares = floods.map(({ base, head }) => Math.min(shareOf(base), shareOf(head)))
    const why = figure.percentile === undefined ? whyMeanIsUntold : whyPercentileIsUntold
    const reason = why(figure, shares, (given) => judgeLatency(estimate.latency(figure, given), figure, tolerance))
    return reason === undefined ? [] : [[figure.indicator, `${figure.indicator}: ${reason}`]]
  })
  return new Map(untold)
}

/** It lies among those that failed. @param shares that failed on either side at least, of all and of each start */
function whyPercentileIsUntold({ of, percentile = 50 }: Figure, shares: readonly number[]): string | undefined {
  const beyond = 1 - percentile / 100
  const [isUntold, ...ofStarts] = shares.map((share) => share > beyond)
  const untold = ofStarts.filter(Boolean).length
  const isLacking = untold > 0 && ofStarts.length - untold < fewestRuns
  if (isUntold !== true && !isLacking) return undefined
  const where = isUntold === true ? '' : `, in ${untold} of ${ofStarts.length} starts`
  return `more than ${formatRatio(beyond)} of the ${samplesOf[of]} failed, on both sides${where}`
}

/** It is no higher only by those that failed. @param judged with them, or without */
function whyMeanIsUntold(
  { of }: Figure,
  [share]: readonly number[],
  judged: (failed?: number) => Change,
): string | undefined {
  const isNoHigher = ({ verdict }: Change): boolean => verdict === 'same' || verdict === 'faster'
  return share! > 0 && isNoHigher(judged()) && !isNoHigher(judged(withoutFailed))
    ? `${samplesOf[of]} that failed, on both sides, hide how the mean of the others changed`
    : undefined
}

/** The share that failed; of a saturated generator without what it dropped, or failed by standing still. */
function failedShareOf({ errorRate, generatorSaturated, pings, afterSilence }: Observation): number {
  if (!generatorSaturated) return errorRate
  const ofGenerator = afterSilence.timedOut + afterSilence.lost
  return Math.max(0, pings.timedOut + pings.lost - ofGenerator) / (pings.due - pings.dropped)
}

/** How the change of a figure is estimated. */
interface Estimate {
  /** @param failed milliseconds that a ping without an answer counts as, {@link withoutFailed} without it; default: its timeout */
  readonly latency: (figure: Figure, failed?: number) => ComparedFigure
  readonly work: () => ComparedFigure
  /** Of the base against itself, where that is known. */
  readonly noise: (figure: Figure, confidence: number) => Noise[]
}

/** From neighbouring turns of two processes. */
function betweenTurns(base: LoadResult, head: LoadResult, rule: TurnsRule): Estimate {
  return {
    latency: (figure, failed = base.options.timeout) => compareTurns(base, head, figure, { ...rule, timeout: failed }),
    work: () => compareWorkSideBySide(base, head, rule.tails, rule.evidenceShare),
    noise(figure, confidence) {
      const tails = { lower: (1 - confidence) / 2, upper: (1 - confidence) / 2 }
      return [noiseOf(base, head, figure, { ...rule, tails })]
    },
  }
}

/** From pairs of processes. */
function betweenPairs(pairs: readonly SideBySidePair[], tails: Tails): Estimate {
  return {
    latency(figure, failed = pairs[0]!.base.options.timeout) {
      const each = pairs.map((pair) => figureOfPair(pair, figure, failed))
      return compareAfresh(
        each.filter(({ base, head }) => base !== failed || head !== failed),
        tails,
      )
    },
    work: () => compareAfresh(pairs.map(workOfPair), tails),
    noise: () => [],
  }
}

/** What an interval of turns has to be right for, and how much of the evidence counts. */
type TurnsRule = Pick<PairingRule, 'tails' | 'evidenceShare'>

function compareTurns(base: LoadResult, head: LoadResult, figure: Figure, rule: PairingRule): ComparedFigure {
  const [before, after] = [observed(observeRun(base), figure)!, observed(observeRun(head), figure)!]
  const samplesPerMessage = Math.max(before.samplesPerMessage, after.samplesPerMessage)
  const sides = pairUp(before.slices, after.slices, turnsOf(base, head), samplesPerMessage)
  return comparePairs(sides, figure, rule)
}

/** Of the turns that both have completed. */
function figureOfPair({ base, head }: SideBySidePair, figure: Figure, timeout: number): FigureOfPair {
  const turns = turnsOf(base, head)
  const read = (side: LoadResult): number => {
    const { slices, samplesPerMessage } = observed(observeRun(side), figure)!
    return tellingFigureOf(slices.stretch(0, turns), figure, { timeout, samplesPerMessage })
  }
  return { base: read(base), head: read(head) }
}

function workOfPair({ base, head }: SideBySidePair): FigureOfPair {
  return { base: base.server?.cpuPerPing ?? NaN, head: head.server?.cpuPerPing ?? NaN }
}

function noiseOf(base: LoadResult, head: LoadResult, figure: Figure, rule: TurnsRule): Noise {
  const { slices, samplesPerMessage } = observed(observeRun(base), figure)!
  const itself = pairWithItself(slices, turnsOf(base, head), samplesPerMessage)
  const { change, low, high } = comparePairs(itself, figure, { ...rule, timeout: base.options.timeout })
  return { indicator: figure.indicator, change, low, high }
}

/** Slices that both have completed. */
function turnsOf(base: LoadResult, head: LoadResult): number {
  return base.slices.completedAfter(Math.min(base.duration, head.duration))
}

/**
 * Compares two runs that were measured one after the other, maybe days apart: a change is sure only where the confidence
 * intervals of the two runs do not explain it. What else changed on the machine in between, nobody can tell. Runs of
 * another load or another machine are not compared, nor are those of a saturated generator: that is unclear.
 */
export function compareRuns(
  base: LoadResult,
  head: LoadResult,
  tolerance: ResolvedTolerance,
  confidence: number,
): ComparisonVerdict {
  const tails = tailsOf(head, tolerance, confidence)
  const latencies = tolerance.figures.map((figure) =>
    judgeLatency(compareLatency(base, head, figure, tails), figure, tolerance),
  )
  // What one of them alone has seen in so short a time makes the head no worse.
  const { low } = compareErrors(base, head, tails, trustedDuration)
  const errors = judgeErrors({ ...compareErrors(base, head, tails, () => Infinity), low }, tolerance)
  // Side by side a saturated generator disturbs both alike; one after the other it may be all that they differ by.
  const ofGenerator = ofEitherSide(base, head, whySaturatedRun)
  const incomparable = [...whyIncomparable(base, head), ...ofGenerator]
  const threats = [...whyIncomparable(base, head), ...ofEitherSide(base, head, threatsOfRun), ...ofGenerator]
  const work = judgeWork(tolerance, () => compareWork(base, head, tailsOfSides(tails)), true)
  const isIncomparable = incomparable.length > 0 || hasAnotherLoad(base, head)
  const verdict = judgeComparison([...latencies, ...work, errors], confidence, {
    threats,
    bottlenecks: [
      ...whoWasInTheWay(base, head, isSlower(latencies) && !isIncomparable),
      ...describeWork(base.server, head.server),
    ],
    ...(tolerance.fallsBack && { left: { changes: [], whyNot: 'the two were not measured side by side' } }),
  })
  return isIncomparable ? unclear(verdict, threats) : verdict
}

function whySaturatedRun({ generator }: LoadResult): string[] {
  return whySaturated(generator)
}

/** Nothing is said of sides that cannot be compared, not even that one was slower. */
function unclear(verdict: ComparisonVerdict, reasons: readonly string[]): ComparisonVerdict {
  return { ...verdict, verdict: 'unclear', reasons }
}

function isSlower(latencies: readonly Change[]): boolean {
  return latencies.some(({ verdict }) => verdict === 'slower')
}

/** Of either side; of a head that was slower in its latencies also that nothing was. */
function whoWasInTheWay(base: LoadResult, head: LoadResult, isHeadSlower: boolean): string[] {
  return ofEitherSide(base, head, (side) => describeBottleneck(side, side === head && isHeadSlower ? notableShare : 0))
}

/**
 * For `same` every figure has to be, so each may use all of the error probability (intersection–union test); one is enough for
 * `slower`, so they share it (Bonferroni). The last of the planned looks has half of it, the others share the rest.
 */
function tailsOf({ looks }: LoadResult, { figures, cpuPerPing }: ResolvedTolerance, confidence: number): Tails {
  const { taken, planned } = looks
  const error = (1 - confidence) * (planned === 1 ? 1 : taken === planned ? 1 / 2 : 1 / 2 / (planned - 1))
  const judged = figures.length + (cpuPerPing === undefined ? 1 : 2)
  return { lower: error / judged, upper: error }
}

/** @see Cochran, Sampling Techniques: the ends of a ratio from those of its parts, each with half of the error */
function compareLatency(base: LoadResult, head: LoadResult, figure: Figure, tails: Tails): ComparedFigure {
  const side = tailsOfSides(tails)
  const before = latencyOf(base, figure, side.base)
  const after = latencyOf(head, figure, side.head)
  return {
    base: before.measured,
    head: after.measured,
    change: after.measured / before.measured - 1,
    low: after.low / before.high - 1,
    high: after.high / before.low - 1,
  }
}

/** A figure of one side, and its confidence interval. */
interface EstimatedFigure extends Pick<Evidence, 'low' | 'high'> {
  readonly measured: number
}

/** What a figure is read of; `undefined` of pings where a run is a fan-out, and the other way round. */
function observed(run: Observation, { of }: Figure): Observation | undefined {
  const { fanOut } = run
  if (of === 'latency') return fanOut === undefined ? run : undefined
  return of === 'delivery' ? fanOut && run : fanOut?.[of]
}

function latencyOf(result: LoadResult, figure: Figure, tails: Tails): EstimatedFigure {
  const { percentile } = figure
  const run = observed(observeRun(result), figure)
  if (run === undefined) return { measured: NaN, low: NaN, high: NaN }
  const { measured } = percentile === undefined ? readMean(run, 'latency') : readPercentile(run, 'latency', percentile)
  const statistic =
    percentile === undefined
      ? ({ type: 'mean', of: 'latency' } as const)
      : ({ type: 'percentile', of: 'latency', percentile } as const)
  const { low, high } = latencyEvidence(run, statistic, tails)(1)
  return { measured, low, high }
}

/** @param observed milliseconds that each has seen; Infinity where what neither has seen is to make no difference */
function compareErrors(
  base: LoadResult,
  head: LoadResult,
  tails: Tails,
  observed: (run: Observation) => number,
): ComparedFigure {
  const side = tailsOfSides(tails)
  const before = errorRateOf(base, side.base, observed)
  const after = errorRateOf(head, side.head, observed)
  return {
    base: before.measured,
    head: after.measured,
    change: after.measured - before.measured,
    low: after.low - before.high,
    high: after.high - before.low,
  }
}

/** What failed in a silence of the generator may be its doing: the lower end does without it, unless it was saturated anyway, which is said. */
function errorRateOf(result: LoadResult, tails: Tails, observed: (run: Observation) => number): EstimatedFigure {
  const run = observeRun(result)
  const { slices, pings, samplesPerMessage } = run
  const { measured, floor } = readErrorRate(run)
  const least = result.generator.saturated ? measured : floor
  const due = sumEach(slices.pings('sent'), slices.pings('dropped'))
  const { designEffect, octaveVariance } = dependenceOf(slices.failedEach(), due, Math.min(tails.lower, tails.upper))
  const evidence = {
    effectiveSamples: pings.due / Math.max(designEffect, samplesPerMessage),
    duration: observed(run),
    octaveVariance,
  }
  return {
    measured,
    low: shareBounds(least, evidence, tails).lower,
    high: shareBounds(measured, evidence, tails).upper,
  }
}

/**
 * What the confidence interval of each side may err by: the change is least where the base is highest and the head lowest,
 * so the two share the error of that end.
 */
function tailsOfSides({ lower, upper }: Tails): Readonly<Record<'base' | 'head', Tails>> {
  return {
    base: { lower: upper / 2, upper: lower / 2 },
    head: { lower: lower / 2, upper: upper / 2 },
  }
}

function ofEitherSide(base: LoadResult, head: LoadResult, find: (result: LoadResult) => string[]): string[] {
  return [...find(base).map((what) => `base: ${what}`), ...find(head).map((what) => `head: ${what}`)]
}

/**
 * Whether going on with a comparison cannot make it any clearer: a side is not there, nobody knows what it answered, or the base, which
 * is the first, has lost connections.
 */
export function isHopeless(results: readonly LoadResult[]): boolean {
  const { connections } = results[0]!
  if (connections.opened < connections.requested || connections.closedEarly > 0) return true
  return results.some((result) => {
    return result.ended === 'disconnected' || result.connections.opened === 0 || whyUnmatched(result).length > 0
  })
}
