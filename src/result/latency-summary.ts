import { defaults } from '../defaults.ts'
import type { Float64Histogram } from 'hdr-histogram-js'
import jstat from 'jstat'
import { Distribution, lowestEquivalent } from './distribution.ts'
import { toHdr } from './hdr.ts'
import { Histogram, indexOf, nsPerMs } from './histogram.ts'
import { sum } from '../statistics/sum.ts'

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
  readonly #ceilings: Distribution
  readonly #floors: Distribution
  #histogram: Float64Histogram | undefined
  #floorHistogram: Float64Histogram | undefined

  constructor(ceilings: Histogram, floors: Histogram = ceilings) {
    this.#ceilings = new Distribution(ceilings)
    this.#floors = floors === ceilings ? this.#ceilings : new Distribution(floors)
    const { count, min, mean, stddev } = this.#ceilings
    this.count = count
    this.min = min / nsPerMs
    this.max = this.percentile(100)
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

  /** The samples of several together, exactly. */
  static sum(parts: readonly LatencySummary[]): LatencySummary {
    const overRange = sum(parts.map((part) => part.overRange))
    const ceilings = together(
      parts.map((part) => part.#ceilings),
      overRange,
    )
    if (parts.every((part) => part.#floors === part.#ceilings)) return new LatencySummary(ceilings)
    return new LatencySummary(
      ceilings,
      together(
        parts.map((part) => part.#floors),
        overRange,
      ),
    )
  }

  /** The samples' upper bounds in nanoseconds, as a histogram of `hdr-histogram-js`. */
  get histogram(): Float64Histogram {
    return (this.#histogram ??= toHdr(this.#ceilings))
  }

  /** The samples' lower bounds, likewise; the same histogram where there are none. */
  get floors(): Float64Histogram {
    if (this.#floors === this.#ceilings) return this.histogram
    return (this.#floorHistogram ??= toHdr(this.#floors))
  }

  /**
   * The value that `p` percent of the samples do not exceed, in milliseconds.
   * @param p 0 to 100
   */
  percentile(p: number): number {
    return this.#ceilings.percentile(p) / nsPerMs
  }

  /**
   * Between which values the percentile lies, given when the event loop polled: each answer arrived after the last
   * poll that did not deliver it and before the one that did.
   * @param p 0 to 100
   */
  bounds(p: number): Bounds {
    return { floor: lowestEquivalent(this.#floors.percentile(p)) / nsPerMs, ceiling: this.percentile(p) }
  }

  /** Between which values the mean lies, likewise. */
  get meanBounds(): Bounds {
    return { floor: this.#floors.mean / nsPerMs, ceiling: this.mean }
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

function together(distributions: readonly Distribution[], overRange: number): Histogram {
  const all = new Histogram()
  for (const distribution of distributions) {
    distribution.forEach((ns, count) => (all.counts[indexOf(ns)]! += count))
  }
  all.overRange = overRange
  return all
}
