const endOfHead = [13, 10, 13, 10]

/** Finds where the head of an HTTP response ends, which is where the frames begin: behind its blank line. */
export class HeadReader {
  /** Bytes of {@link endOfHead} that were seen one after the other. */
  #matched = 0

  /** How many of the next `length` bytes belong to the head. */
  read(bytes: Uint8Array, length: number): number {
    let at = 0
    while (at < length && this.#matched < endOfHead.length) {
      const isExpected = bytes[at] === endOfHead[this.#matched]
      this.#matched = isExpected ? this.#matched + 1 : bytes[at] === endOfHead[0] ? 1 : 0
      at++
    }
    return at
  }
}
