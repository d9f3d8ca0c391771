import { defaults } from '../defaults.ts'
import type { Float64Histogram } from 'hdr-histogram-js'
import jstat from 'jstat'
import { toHdr } from './hdr.ts'
import { type Histogram, nsPerMs } from './histogram.ts'

/** A lower and an upper bound, in milliseconds. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** Where a percentile can lie, given when the generator's event loop polled: milliseconds. */
export interface Bounds {
  readonly floor: number
  readonly ceiling: number
}

/**
 * What one kind of latency looked like over a run. All figures are milliseconds and keep 3 significant digits (HDR
 * histogram in nanoseconds, 0 to one hour). A figure of an empty histogram is `NaN`, never 0.
 */
export class LatencySummary {
  /** Number of samples. */
  readonly count: number
  readonly min: number
  readonly max: number
  readonly mean: number
  /** Standard deviation of the samples. */
  readonly stddev: number
  readonly p50: number
  readonly p75: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly p99_9: number
  readonly p99_99: number
  /** Samples above one hour, counted at one hour in every other figure. */
  readonly overRange: number
  /** The samples' upper bounds in nanoseconds, as a histogram of `hdr-histogram-js`. */
  readonly histogram!: Float64Histogram
  /** The samples' lower bounds, likewise; the same histogram where there are none. */
  readonly floors!: Float64Histogram

  constructor(ceilings: Histogram, floors: Histogram = ceilings) {
    const hdr = toHdr(ceilings)
    hide(this, 'histogram', hdr)
    hide(this, 'floors', floors === ceilings ? hdr : toHdr(floors))
    this.count = hdr.totalCount
    const empty = this.count === 0
    this.min = empty ? NaN : hdr.getValueAtPercentile(0) / nsPerMs
    this.max = empty ? NaN : hdr.getValueAtPercentile(100) / nsPerMs
    const { mean, stddev } = momentsOf(ceilings, hdr)
    this.mean = mean / nsPerMs
    this.stddev = stddev / nsPerMs
    this.p50 = this.percentile(50)
    this.p75 = this.percentile(75)
    this.p90 = this.percentile(90)
    this.p95 = this.percentile(95)
    this.p99 = this.percentile(99)
    this.p99_9 = this.percentile(99.9)
    this.p99_99 = this.percentile(99.99)
    this.overRange = ceilings.overRange
  }

  /**
   * The value that `p` percent of the samples do not exceed, in milliseconds.
   * @param p 0 to 100
   */
  percentile(p: number): number {
    return percentileOf(this.histogram, p)
  }

  /**
   * Between which values the percentile lies, given when the event loop polled: each answer arrived after the last
   * poll that did not deliver it and before the one that did.
   * @param p 0 to 100
   */
  bounds(p: number): Bounds {
    const floor = percentileOf(this.floors, p) * nsPerMs
    return { floor: this.floors.lowestEquivalentValue(floor) / nsPerMs, ceiling: this.percentile(p) }
  }

  /**
   * Confidence interval of the percentile in milliseconds, from order statistics (Clopper–Pearson bounds of the rank).
   * It takes the samples as independent; those of one run are not, so it is the narrowest it can be. Verdicts have their
   * own, which accounts for that: `evaluateSLO()`.
   * @param p between 0 and 100
   * @param confidence between 0 and 1, default 0.99
   * @see Hahn & Meeker, Statistical Intervals, section 5.2; Clopper & Pearson, Biometrika 26 (1934)
   */
  interval(p: number, confidence: number = defaults.confidence): Interval {
    const n = this.count
    if (n === 0) return { low: NaN, high: NaN }
    const below = Math.round((p / 100) * n)
    const tail = (1 - confidence) / 2
    const low = below === 0 ? 0 : jstat.beta.inv(tail, below, n - below + 1)
    const high = below === n ? 1 : jstat.beta.inv(1 - tail, below + 1, n - below)
    return { low: this.percentile(low * 100), high: this.percentile(high * 100) }
  }
}

/** Mean and standard deviation in nanoseconds: those of `hdr-histogram-js`, which takes ten times as long. */
function momentsOf(histogram: Histogram, hdr: Float64Histogram): { mean: number; stddev: number } {
  let sum = 0
  histogram.forEach((ns, count) => (sum += hdr.medianEquivalentValue(ns) * count))
  const mean = sum / hdr.totalCount
  let squares = 0
  histogram.forEach((ns, count) => (squares += (hdr.medianEquivalentValue(ns) - mean) ** 2 * count))
  return { mean, stddev: Math.sqrt(squares / hdr.totalCount) }
}

function percentileOf(hdr: Float64Histogram, p: number): number {
  return hdr.totalCount === 0 ? NaN : hdr.getValueAtPercentile(p) / nsPerMs
}

function hide(object: LatencySummary, key: string, value: Float64Histogram): void {
  Object.defineProperty(object, key, { value, enumerable: false })
}
