import type { LoadResult } from '../result/load-result.ts'
import type { Slices } from '../result/slices.ts'
import { ratioSpread } from '../statistics/dependence.ts'
import { sum } from '../statistics/sum.ts'
import { formatDuration } from '../units.ts'
import { findIndicator } from './indicator.ts'
import { isLatencyOfPings, type Objective } from './objective.ts'
import { describeHeldBack } from './reading.ts'

/** By how much response times grow in the course of a run, as a share of its time: 0.02 is by 20 ms each second. */
export interface Growth {
  readonly measured: number
  /** Ends of its confidence interval; infinite, or `NaN`, where too little is known. */
  readonly low: number
  readonly high: number
}

/** Growth up to this is none: that of a server that answers 99 of 100 pings that are due. */
export const negligibleGrowth = 0.01

/** Where the interval is not asked for. */
const anyTail = 0.25
/** Each eighth of what is looked at has percentiles of its own. */
const winsorizedParts = 8

/** What {@link growthOf} is told of. */
export interface GrowthQuestion {
  /** Above 0 to 100: what is slower than this percentile at the time counts as that, so that the growth of fewer pings is none. */
  readonly percentile: number
  /** The error probability of each end, above 0 and below 0.5. */
  readonly tail: number
  /** Share of the evidence that has to suffice, above 0 to 1. */
  readonly evidenceShare: number
}

/**
 * How fast the mean response time grows. A server that answers fewer pings than are due keeps a bound on their latency only until enough
 * of them wait: what it lacks for the load, as a share of what it does, is what they grow by. Pings without an answer have none.
 *
 * It is the slope of the weighted regression of response times on time, whose numerator and denominator are sums over slices, so that it
 * is as uncertain as {@link ratioSpread} says. While a run goes on, those that were due last are answered by then if they are quick, so that
 * the last slices, as long as its p99, are left out.
 *
 * @see Hayes & Cai, Behavior Research Methods 39 (2007): standard errors of a regression with heteroscedastic residuals; Wilcox,
 * Introduction to Robust Estimation, section 3.3: winsorized means
 */
export function growthOf(result: LoadResult, question: GrowthQuestion): Growth {
  return slopeOf(result.slices.stretch(0, answeredSlices(result)), question)
}

/** Whether response times surely grow by more than `limit`, and as measured in each half of a run: more than once, and to its end. */
export function growsSteadily(result: LoadResult, limit: number, question: GrowthQuestion): boolean {
  const { slices } = result
  const count = answeredSlices(result)
  const halves = [slices.stretch(0, count >> 1), slices.stretch(count >> 1, count - (count >> 1))]
  return growthOf(result, question).low > limit && halves.every((half) => slopeOf(half, question).measured > limit)
}

/** All of a run that has ended, whose last pings have had the time to be answered. */
function answeredSlices({ slices, latency, duration, ended }: LoadResult): number {
  if (latency.count === 0) return 0
  const isOver = ended === 'completed' || latency.p99 >= duration
  return isOver ? slices.count : Math.min(slices.count, slices.completedAfter(duration - latency.p99))
}

function slopeOf(slices: Slices, { percentile, tail, evidenceShare }: GrowthQuestion): Growth {
  const [counts, totals] = [slices.measuredEach(), winsorizedTotals(slices, percentile)]
  const count = sum(counts)
  const times = counts.map((_, nth) => nth * slices.length)
  const meanTime = sum(times.map((time, nth) => time * counts[nth]!)) / count
  const meanLatency = sum(totals) / count
  const parts = times.map((time, nth) => (time - meanTime) * (totals[nth]! - meanLatency * counts[nth]!))
  const wholes = times.map((time, nth) => (time - meanTime) ** 2 * counts[nth]!)
  const measured = sum(parts) / sum(wholes)
  const halfWidth = ratioSpread(parts, wholes, tail).halfWidth / Math.sqrt(evidenceShare)
  return { measured, low: measured - halfWidth, high: measured + halfWidth }
}

/** The sums of each slice's latencies, of which those beyond a percentile of the slices around count as that. */
function winsorizedTotals(slices: Slices, percentile: number): Float64Array {
  const totals = new Float64Array(slices.count)
  const length = Math.ceil(slices.count / winsorizedParts)
  for (let first = 0; first < slices.count; first += length) {
    const part = slices.stretch(first, Math.min(length, slices.count - first))
    totals.set(part.totals(part.percentile(percentile, Infinity)), first)
  }
  return totals
}

/** The highest percentile of the response times that has a bound: 100 of their maximum or mean, `undefined` if there is none. */
export function highestBoundedPercentile(objectives: readonly Objective[]): number | undefined {
  const percentiles = objectives
    .filter((one) => one.level === 'fail' && isLatencyOfPings(one) && !one.indicator.startsWith('serviceTime'))
    .map(({ indicator }) => findIndicator(indicator)!.statistic)
    .map((statistic) => (statistic.type === 'percentile' ? statistic.percentile : 100))
  return percentiles.length === 0 ? undefined : Math.max(...percentiles)
}

/**
 * That a constant rate is surely not kept up with, so that a bound on a response time is met only for the time being. In the closed
 * model nothing is due while the server is slow, and stages have rates of their own: nothing is said of these.
 *
 * @param tail see {@link GrowthQuestion}
 */
export function describeFallingBehind(
  result: LoadResult,
  objectives: readonly Objective[],
  tail: number,
): string | undefined {
  const percentile = percentileThatMayGrow(result, objectives)
  if (percentile === undefined) return undefined
  const question = { percentile, tail, evidenceShare: 1 }
  if (!growsSteadily(result, negligibleGrowth, question)) return undefined
  const growth = describeGrowth(growthOf(result, question).measured)
  const { heldBack } = result.generator
  return heldBack === 0 ? growth : `${growth}; ${describeHeldBack(heldBack)}`
}

/** Whether response times grow as measured, so that more time will tell whether {@link describeFallingBehind}. */
export function mayFallBehind(result: LoadResult, objectives: readonly Objective[]): boolean {
  const percentile = percentileThatMayGrow(result, objectives)
  if (percentile === undefined) return false
  const { measured } = growthOf(result, { percentile, tail: anyTail, evidenceShare: 1 })
  return !(measured <= negligibleGrowth)
}

function percentileThatMayGrow(
  { options: { rate, stages } }: LoadResult,
  objectives: readonly Objective[],
): number | undefined {
  return rate === undefined || stages !== undefined ? undefined : highestBoundedPercentile(objectives)
}

/** @param growth see {@link Growth} */
export function describeGrowth(growth: number): string {
  return `response times grow by ${formatGrowth(growth)}, the rate is not kept up with`
}

/** `20 ms each second`. */
export function formatGrowth(growth: number): string {
  return `${formatDuration(1_000 * growth)} each second`
}
