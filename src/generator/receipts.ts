/** How a message comes to a member: behind all that came before, behind a later one, once more, or too late to tell these apart. */
export type Receipt = 'next' | 'late' | 'again' | 'too late'

/** Sequence numbers are lower than this: no publisher gets so far. */
export const sequences: number = 2 ** 31 - 1

/**
 * Which messages of other machines' publishers have come to whom: of each publisher and each member of its room the latest one, and
 * which of those shortly before it. Memory is taken up for who is heard of.
 */
export class Receipts {
  readonly #places: number
  readonly #window: number
  readonly #bytesPerWindow: number
  /** Of each publisher: the latest message that came to each member, one more than its sequence number. */
  readonly #latest: (Int32Array | undefined)[]
  /** Of each publisher and member: a ring of bits, one for each message of the window that ends with the latest one. */
  readonly #came: (Uint8Array | undefined)[]

  /**
   * @param places of a thread's members in a room
   * @param window how many messages are remembered, the latest one included: a power of two, at least 8
   */
  constructor(publishers: number, places: number, window: number) {
    this.#places = places
    this.#window = window
    this.#bytesPerWindow = window >> 3
    this.#latest = Array.from({ length: publishers })
    this.#came = Array.from({ length: publishers })
  }

  /** Notes down that a message has come to a member. */
  take(publisher: number, place: number, sequence: number): Receipt {
    const latest = (this.#latest[publisher] ??= new Int32Array(this.#places))
    const came = (this.#came[publisher] ??= new Uint8Array(this.#places * this.#bytesPerWindow))
    const end = latest[place]!
    if (end - sequence > this.#window) return 'too late'
    const skipped = Math.max(end, sequence - this.#window + 1)
    for (let between = skipped; between < sequence; between++) came[this.#byte(place, between)]! &= ~bit(between)
    const at = this.#byte(place, sequence)
    const before = came[at]!
    came[at] = before | bit(sequence)
    if (sequence >= end) {
      latest[place] = sequence + 1
      return 'next'
    }
    return (before & bit(sequence)) === 0 ? 'late' : 'again'
  }

  /** One more than the latest message of a publisher that came to a member; 0 if none did. */
  endOf(publisher: number, place: number): number {
    return this.#latest[publisher]?.[place] ?? 0
  }

  #byte(place: number, sequence: number): number {
    return place * this.#bytesPerWindow + ((sequence & (this.#window - 1)) >> 3)
  }
}

function bit(sequence: number): number {
  return 1 << (sequence & 7)
}
