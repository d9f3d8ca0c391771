import type { LoadResult } from '../result/load-result.ts'
import type { Slices } from '../result/slices.ts'
import { ratioSpread } from '../statistics/dependence.ts'
import { sum } from '../statistics/sum.ts'
import { formatDuration } from '../units.ts'

/** By how much response times grow in the course of a run, as a share of its time: 0.02 is by 20 ms each second. */
export interface Growth {
  readonly measured: number
  /** Ends of its confidence interval; infinite, or `NaN`, where too little is known. */
  readonly low: number
  readonly high: number
}

/** Response times that grow by more than this share of the time: a server that answers 99 of 100 pings that are due. */
const fallingBehind = 0.01

/**
 * How fast response times grow. A server that answers fewer pings than are due keeps a bound on their latency only until enough of them
 * wait: what it lacks for the load, as a share of what it does, is what they grow by.
 *
 * It is the slope of the weighted regression of response times on time, whose numerator and denominator are sums over slices, so that it
 * is as uncertain as {@link ratioSpread} says.
 *
 * @param tail the error probability of each end, above 0 and below 0.5
 * @param evidenceShare share of the evidence that has to suffice, above 0 to 1
 * @see Hayes & Cai, Behavior Research Methods 39 (2007): standard errors of a regression with heteroscedastic residuals
 */
export function growthOf(slices: Slices, tail: number, evidenceShare: number): Growth {
  const [counts, totals] = [slices.measuredEach(), slices.totals()]
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

/**
 * That a server surely falls behind a constant rate, so that it meets a bound on its latency only for the time being. In the closed
 * model nothing is due while it is slow, and stages have rates of their own: nothing is said of these.
 */
export function describeFallingBehind(
  { slices, options }: LoadResult,
  { falsePass, evidenceShare }: { readonly falsePass: number; readonly evidenceShare: number },
): string | undefined {
  if (options.rate === undefined || options.stages !== undefined) return undefined
  const { measured, low } = growthOf(slices, falsePass, evidenceShare)
  return low > fallingBehind ? describeGrowth(measured) : undefined
}

/** @param growth see {@link Growth} */
export function describeGrowth(growth: number): string {
  return `response times grow by ${formatGrowth(growth)}: fewer pings are answered than are due`
}

/** `20 ms each second`. */
export function formatGrowth(growth: number): string {
  return `${formatDuration(1_000 * growth)} each second`
}
