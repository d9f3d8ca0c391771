import { beyond, mostMessageBytes, mostUnfinishedBytes } from '../wire/limits.ts'

/** Adds up what a flood's connections have received of messages that are not complete. */
export class UnfinishedMessages {
  #bytes = 0
  #messages = 0

  /**
   * Notes down that a connection's message has grown, was completed or was dropped.
   * @param before bytes of it so far, 0 if there was none
   * @param now bytes of it now, 0 if there is none
   * @returns what the server did beyond a limit, if the connection has to end for that
   */
  change(before: number, now: number): string | undefined {
    this.#bytes += now - before
    if (before === 0 && now > 0) this.#messages++
    if (before > 0 && now === 0) this.#messages--
    if (now > mostMessageBytes) return beyond.message
    // Who has an equal share or more, so that it is not one of those with less.
    if (this.#bytes > mostUnfinishedBytes && now * this.#messages >= this.#bytes) return beyond.unfinished
    return undefined
  }
}
