/** Blocks of all publishers together as far as that leaves each of them enough, and of each of them at least and at most: powers of two. */
const [ofAll, fewest, most] = [4_096, 8, 64]

/** Counts by publisher and sequence number, as data that can be cloned to another thread. */
export interface BlockCounts {
  /** Of each publisher: how many sequence numbers each of its blocks has, a power of two. */
  readonly lengths: Int32Array
  /** Of each of its blocks, as many for one publisher as for another, one publisher after the other. */
  readonly counts: Float64Array
}

/**
 * Counts messages, or what became of them, by publisher and sequence number: in blocks of neighbouring numbers that become twice as
 * long whenever there would be more of them.
 */
export class SequenceBlocks implements BlockCounts {
  readonly lengths: Int32Array
  readonly counts: Float64Array
  readonly #ofEach: number

  constructor(publishers: number) {
    this.#ofEach = Math.max(fewest, Math.min(most, 2 ** Math.floor(Math.log2(ofAll / publishers))))
    this.lengths = new Int32Array(publishers).fill(1)
    this.counts = new Float64Array(publishers * this.#ofEach)
  }

  add(publisher: number, sequence: number): void {
    while (sequence >= this.lengths[publisher]! * this.#ofEach) this.#mergePairs(publisher)
    this.counts[publisher * this.#ofEach + Math.floor(sequence / this.lengths[publisher]!)]!++
  }

  /** Takes back one of each sequence number below `end`. */
  subtractBelow(publisher: number, end: number): void {
    const length = this.lengths[publisher]!
    for (let block = 0; block * length < end; block++) {
      this.counts[publisher * this.#ofEach + block]! -= Math.min(length, end - block * length)
    }
  }

  #mergePairs(publisher: number): void {
    const own = this.counts.subarray(publisher * this.#ofEach, (publisher + 1) * this.#ofEach)
    const half = this.#ofEach / 2
    for (let block = 0; block < half; block++) own[block] = own[2 * block]! + own[2 * block + 1]!
    own.fill(0, half)
    this.lengths[publisher]! *= 2
  }
}

/** What was counted of the sequence numbers below `end`, at which a block ends. */
export function countBelow({ lengths, counts }: BlockCounts, publisher: number, end: number): number {
  const ofEach = counts.length / lengths.length
  const blocks = Math.min(ofEach, end / lengths[publisher]!)
  let total = 0
  for (let block = 0; block < blocks; block++) total += counts[publisher * ofEach + block]!
  return total
}
