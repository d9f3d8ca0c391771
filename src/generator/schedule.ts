/** A stretch of a schedule in which the rate goes linearly from one value to another: milliseconds, pings per second. */
export interface Segment {
  readonly duration: number
  readonly from: number
  readonly to: number
}

/**
 * When pings are due in the open model: a pure function of how many came before.
 *
 * With the expected number of arrivals Λ(t) = ∫ rate, the n-th ping of a constant process is due where Λ(t) = n, and of
 * a Poisson process where Λ(t) is the n-th point of a unit-rate Poisson process (time rescaling), so ramps of either
 * kind need nothing but Λ's inverse.
 *
 * @see Daley & Vere-Jones, An Introduction to the Theory of Point Processes, section 7.4
 */
export class Schedule {
  /** Expected number of arrivals before each segment. */
  readonly #before: number[] = []
  /** When each segment starts, in milliseconds. */
  readonly #starts: number[] = []
  readonly #segments: readonly Segment[]

  constructor(segments: readonly Segment[]) {
    this.#segments = segments
    let arrivals = 0
    let start = 0
    for (const { duration, from, to } of segments) {
      this.#before.push(arrivals)
      this.#starts.push(start)
      start += duration
      arrivals += duration === 0 ? 0 : (duration * (from + to)) / 2_000
    }
  }

  /**
   * Milliseconds after the schedule's start at which the expected number of arrivals reaches `arrivals`; Infinity if it
   * never does.
   */
  dueAt(arrivals: number): number {
    for (let nth = 0; nth < this.#segments.length; nth++) {
      const { duration, from, to } = this.#segments[nth]!
      const seconds = secondsUntil(arrivals - this.#before[nth]!, from, to, duration / 1_000)
      if (seconds * 1_000 < duration) return this.#starts[nth]! + seconds * 1_000
    }
    return Infinity
  }

  /** The expected number of arrivals in the first `time` milliseconds: {@link dueAt} backwards. */
  arrivalsBy(time: number): number {
    let arrivals = 0
    for (let nth = 0; nth < this.#segments.length; nth++) {
      const { duration, from, to } = this.#segments[nth]!
      const within = Math.min(Math.max(time - this.#starts[nth]!, 0), duration)
      if (within === 0) continue
      const reached = Number.isFinite(duration) ? from + ((to - from) * within) / duration : from
      arrivals += (within * (from + reached)) / 2_000
    }
    return arrivals
  }
}

/** Solves from·t + (to − from)/(2·length)·t² = arrivals for t, in the form that does not cancel for slow ramps. */
function secondsUntil(arrivals: number, from: number, to: number, length: number): number {
  if (arrivals <= 0) return from > 0 || to > 0 ? 0 : Infinity
  const acceleration = Number.isFinite(length) && length > 0 ? (to - from) / length : 0
  const discriminant = from * from + 2 * acceleration * arrivals
  return discriminant < 0 ? Infinity : (2 * arrivals) / (from + Math.sqrt(discriminant))
}

/** The points u₀, u₁, … at which a schedule is asked, in expected arrivals. */
export interface Arrivals {
  next(): number
  /**
   * Passes over points that come before `end`, but for the last few, in a time that does not depend on how many there are.
   * Says how many it passed over.
   */
  skip(end: number): number
}

/** Evenly spaced points; `offset` (0 to 1) lets several threads interleave. */
export function constantArrivals(offset: number): Arrivals {
  let nth = 0
  return {
    next: () => offset + nth++,
    skip(end) {
      // Rounding errors of a schedule are far smaller than one arrival.
      const count = Math.max(0, Math.floor(end - offset) - 1 - nth)
      nth += count
      return count
    },
  }
}

/** Fewer points than this are drawn one by one. */
const fewestSkipped = 1_000

/**
 * A unit-rate Poisson process. Where points were skipped it goes on as another realization: how many there were is drawn,
 * not which, and as the process has no memory it begins anew behind them.
 */
export function poissonArrivals(seed: number): Arrivals {
  const random = splitMix32(seed)
  let point = 0
  return {
    next: () => (point -= Math.log1p(-random())),
    skip(end) {
      const expected = end - 1 - point
      if (expected < fewestSkipped) return 0
      point = end - 1
      return poissonCount(expected, random)
    },
  }
}

/**
 * A Poisson distributed number of a large mean, 10 or more.
 * @see Hörmann, The transformed rejection method for generating Poisson random variables (PTRS), Insurance: Mathematics and
 * Economics 12 (1993)
 */
export function poissonCount(mean: number, random: () => number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const surelyAccepted = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = random() - 0.5
    const v = random()
    const us = 0.5 - Math.abs(u)
    const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= surelyAccepted) return count
    if (count < 0 || (us < 0.013 && v > us)) continue
    const logAcceptance = Math.log((v * inverseAlpha) / (a / (us * us) + b))
    if (logAcceptance <= count * Math.log(mean) - mean - logFactorial(count)) return count
  }
}

/** Stirling's series; exact to rounding from 10 on. */
function logFactorial(count: number): number {
  if (count < 10) return Math.log([1, 1, 2, 6, 24, 120, 720, 5_040, 40_320, 362_880][count]!)
  const x = count + 1
  return (
    (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5)
  )
}

const increment = 0x9e3779b9

/** Draws after which random numbers come again. */
const period = 2 ** 32
/** Draws between the threads of a run at most. */
const mostApart = 2 ** 26

/** The seed of a thread's Poisson process: all of its random numbers lie between those of the thread before and those of the next one. */
export function threadSeed(seed: number, thread: number, threads: number): number {
  const apart = Math.min(mostApart, Math.floor(period / threads))
  return (seed + Math.imul(thread * apart, increment)) >>> 0
}

/** The number of {@link splitMix32} before which so many are drawn. */
export function drawAt(seed: number, before: number): number {
  return splitMix32(seed + Math.imul(before, increment))()
}

/** A small generator of uniform numbers in [0, 1). @see Steele, Lea & Flood, OOPSLA 2014 (SplitMix) */
export function splitMix32(state: number): () => number {
  return () => {
    state = (state + increment) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}
