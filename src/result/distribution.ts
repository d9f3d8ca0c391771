import { type Histogram, indexOf, valueAt } from './histogram.ts'

/** Of a share of samples as a number: rounding may not ask for one sample more. */
const roundingError = Number.EPSILON

/**
 * What a histogram had counted at one time: its buckets that are not empty, a few hundred of tens of thousands. All figures
 * are nanoseconds, and `NaN` where nothing was counted.
 */
export class Distribution {
  /** Number of samples. */
  readonly count: number
  /** The buckets, in ascending order. */
  readonly #indexes: Uint32Array
  /** How many samples there are in each of them and below. */
  readonly #reached: Float64Array

  constructor({ counts }: Pick<Histogram, 'counts'>) {
    const filled: number[] = []
    for (let index = 0; index < counts.length; index++) if (counts[index]! > 0) filled.push(index)
    this.#indexes = Uint32Array.from(filled)
    let count = 0
    this.#reached = Float64Array.from(filled, (index) => (count += counts[index]!))
    this.count = count
  }

  get min(): number {
    return this.count === 0 ? NaN : valueAt(this.#indexes[0]!)
  }

  get mean(): number {
    let sum = 0
    this.#forEachMedian((ns, count) => (sum += ns * count))
    return sum / this.count
  }

  /** Standard deviation of the samples. */
  get stddev(): number {
    const { mean } = this
    let squares = 0
    this.#forEachMedian((ns, count) => (squares += (ns - mean) ** 2 * count))
    return Math.sqrt(squares / this.count)
  }

  /**
   * The value that `p` percent of the samples do not exceed: the highest of its bucket.
   * @param p 0 to 100; the lowest value at 0
   */
  percentile(p: number): number {
    if (this.count === 0) return NaN
    if (p === 0) return this.min
    const wanted = Math.ceil((Math.min(p, 100) / 100) * this.count * (1 - roundingError))
    return highestLike(this.#indexes[this.#firstThatReaches(wanted)]!)
  }

  /** Calls back with each value that was counted, the lowest of its bucket, and how often. */
  forEach(callback: (ns: number, count: number) => void): void {
    for (let nth = 0; nth < this.#indexes.length; nth++) callback(valueAt(this.#indexes[nth]!), this.#countIn(nth))
  }

  #forEachMedian(callback: (ns: number, count: number) => void): void {
    for (let nth = 0; nth < this.#indexes.length; nth++) {
      const index = this.#indexes[nth]!
      const lowest = valueAt(index)
      callback(lowest + Math.floor((valueAt(index + 1) - lowest) / 2), this.#countIn(nth))
    }
  }

  #countIn(nth: number): number {
    return this.#reached[nth]! - (this.#reached[nth - 1] ?? 0)
  }

  #firstThatReaches(wanted: number): number {
    let [low, high] = [0, this.#reached.length - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#reached[middle]! >= wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** The lowest value of the bucket that a whole number of nanoseconds belongs to. */
export function lowestEquivalent(ns: number): number {
  return valueAt(indexOf(ns))
}

function highestLike(index: number): number {
  return valueAt(index + 1) - 1
}
