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
}

/** Evenly spaced points; `offset` (0 to 1) lets several threads interleave. */
export function constantArrivals(offset: number): Arrivals {
  let nth = 0
  return { next: () => offset + nth++ }
}

/** A unit-rate Poisson process. */
export function poissonArrivals(seed: number): Arrivals {
  const random = splitMix32(seed)
  let point = 0
  return { next: () => (point -= Math.log1p(-random())) }
}

const increment = 0x9e3779b9

/** The seed of a thread's Poisson process: its random numbers begin 2^26 draws behind those of the thread before. */
export function threadSeed(seed: number, thread: number): number {
  return (seed + Math.imul(thread << 26, increment)) >>> 0
}

/** A small generator of uniform numbers in [0, 1). @see Steele, Lea & Flood, OOPSLA 2014 (SplitMix) */
function splitMix32(state: number): () => number {
  return () => {
    state = (state + increment) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}
