import { type BlockCounts, SequenceBlocks } from './sequence-blocks.ts'

/** What is published meanwhile may not have come to others' subscribers before they leave. */
const settlesAfterMs = 1_000

/** What a thread's publishers have published, and how much of it has had the time to reach the subscribers of other machines. */
export class Published {
  readonly #blocks: SequenceBlocks
  /** Of each publisher: one more than the sequence number of its latest message. */
  readonly #until: Record<'now' | 'lastSecond' | 'secondBefore', Int32Array>
  #second = -Infinity

  constructor(publishers: number) {
    const ends = (): Int32Array => new Int32Array(publishers)
    this.#blocks = new SequenceBlocks(publishers)
    this.#until = { now: ends(), lastSecond: ends(), secondBefore: ends() }
  }

  /**
   * @param publisher among the thread's, from 0
   * @param sent when a message left, in milliseconds; no earlier than the one before
   */
  add(publisher: number, sequence: number, sent: number): void {
    if (sent >= this.#second + settlesAfterMs) this.#beginSecond(sent)
    this.#blocks.add(publisher, sequence)
    this.#until.now[publisher] = sequence + 1
  }

  /** Those that have left. */
  get counts(): BlockCounts {
    return this.#blocks
  }

  /** Of each publisher: below which sequence number they left a second or two before the thread's latest one. */
  get settled(): Int32Array {
    return this.#until.secondBefore
  }

  #beginSecond(at: number): void {
    const { now, lastSecond, secondBefore } = this.#until
    secondBefore.set(lastSecond)
    lastSecond.set(now)
    this.#second = at
  }
}
