const blankLine = [13, 10, 13, 10]

/**
 * Finds where the heads of HTTP responses end, each behind its blank line. Several may come before the frames begin: those of
 * informational responses, which have no body, and then that of the one that upgrades.
 *
 * @see RFC 9110 section 15.2
 */
export class HeadReader {
  /** Bytes of the {@link blankLine} that were seen one after the other. */
  #matched = 0

  /** Where the head under way ends, or the bytes do, which go from `start` to `end`. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at < end && this.#matched < blankLine.length) {
      const isExpected = bytes[at] === blankLine[this.#matched]
      this.#matched = isExpected ? this.#matched + 1 : bytes[at] === blankLine[0] ? 1 : 0
      at++
    }
    if (this.#matched === blankLine.length) this.#matched = 0
    return at
  }
}
