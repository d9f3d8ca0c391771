import { drawAt } from './schedule.ts'

/** Length of a turn in milliseconds. */
export const turnLengthMs = 100

/** Which of several floods a flood is, that take turns: data that can be cloned to a thread. */
export interface TurnsPlan {
  /** From 0. */
  readonly side: number
  readonly sides: number
  /** Milliseconds. */
  readonly length: number
  /** Of the order of turns, the same for all sides. */
  readonly seed: number
}

/**
 * Whose turn it is when several floods run side by side: one after the other, then backwards, so that what drifts in the
 * meantime meets all of them alike. Two sides take turns as ABBA or BAAB, three as ABCCBA or CBAABC: which of the two is drawn
 * for each cycle, so that nothing that comes back at fixed times, this package's own looks and readings too, meets one side more
 * than another.
 *
 * Times are milliseconds since the measured window began, negative before it: `elapsed` is what the clock says, `own`
 * counts this side's turns alone.
 *
 * @see Bulej et al., Duet Benchmarking: Improving Measurement Accuracy in the Cloud, ICPE 2020; Bojinov, Simchi-Levi & Zhao,
 * Design and Analysis of Switchback Experiments, Management Science 69 (2023)
 */
export class Turns {
  readonly length: number
  readonly sides: number
  readonly #side: number
  readonly #seed: number
  readonly #cycle: number
  /** The cycle that was asked about last, and where this side's two turns begin within it. */
  #latest = NaN
  #first = 0
  #second = 0

  constructor({ side, sides, length, seed }: TurnsPlan) {
    this.length = length
    this.sides = sides
    this.#side = side
    this.#seed = seed
    this.#cycle = 2 * sides * length
  }

  /** Whether it is this side's turn. */
  has(elapsed: number): boolean {
    const at = elapsed - this.#before(elapsed)
    const { length } = this
    return (at >= this.#first && at < this.#first + length) || (at >= this.#second && at < this.#second + length)
  }

  /** When it is this side's turn for the next time: `elapsed` itself during a turn. */
  next(elapsed: number): number {
    if (this.has(elapsed)) return elapsed
    const before = this.#before(elapsed)
    const at = elapsed - before
    if (at < this.#first) return before + this.#first
    if (at < this.#second) return before + this.#second
    return this.next(before + this.#cycle)
  }

  /** How much of the time was this side's own. */
  own(elapsed: number): number {
    const before = this.#before(elapsed)
    const at = elapsed - before
    const { length } = this
    const turn = Math.min(Math.max(at - this.#first, 0), length) + Math.min(Math.max(at - this.#second, 0), length)
    return (before / this.#cycle) * 2 * length + turn
  }

  /** When an instant of this side's own time is: {@link own} backwards, the beginning of a turn rather than the end of the one before. */
  elapsed(own: number): number {
    return this.#within(Math.floor(own / this.length), own)
  }

  /** When so much of this side's own time is over: {@link own} backwards, the end of a turn rather than the next one's beginning. */
  over(own: number): number {
    return own === Infinity ? Infinity : this.#within(Math.ceil(own / this.length) - 1, own)
  }

  #within(turn: number, own: number): number {
    const cycle = Math.floor(turn / 2)
    this.#enter(cycle)
    const start = cycle * this.#cycle + (turn - 2 * cycle === 0 ? this.#first : this.#second)
    return start + (own - turn * this.length)
  }

  /** Elapsed time before the cycle that `elapsed` is in, which is entered. */
  #before(elapsed: number): number {
    const cycle = Math.floor(elapsed / this.#cycle)
    this.#enter(cycle)
    return cycle * this.#cycle
  }

  #enter(cycle: number): void {
    if (cycle === this.#latest) return
    this.#latest = cycle
    const isBackwards = drawAt(this.#seed, cycle) < 0.5
    const place = isBackwards ? this.sides - 1 - this.#side : this.#side
    this.#first = place * this.length
    this.#second = (2 * this.sides - 1 - place) * this.length
  }
}

/** How long all sides have to load their targets so that each had `own` milliseconds for itself: whole cycles. */
export function timeForAll(own: number, sides: number): number {
  return sides === 1 ? own : Math.ceil(own / (2 * turnLengthMs)) * 2 * turnLengthMs * sides
}
