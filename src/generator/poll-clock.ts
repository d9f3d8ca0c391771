/** libuv takes at most this many events out of one poll; after a full one it polls again in the same loop iteration. */
const eventsPerPoll = 1_024
/** Callbacks and events are not quite the same number: they differ by no more than this when a poll is full. */
const countError = 64

/**
 * Knows when a thread's event loop polled for arrivals. A program sees an answer only when its loop polls: an answer
 * that this poll delivered and the one before did not arrived between the two. So `ceiling`, when the running
 * iteration's poll returned, is the answer's upper bound, and `floor`, when the previous one did, its lower bound.
 *
 * A thread that wants for a processor can stand still between a poll and the first line of code that runs after it. So
 * the lower bound is not when that line ran, but the time the poll was awaited (libuv measures it) after the last line
 * that ran before.
 *
 * Times are milliseconds of `performance.now()`.
 */
export class PollClock {
  /** No earlier than the poll that delivers what is being read now. */
  ceiling: number = performance.now()
  /** No later than the poll before it. */
  floor: number = this.ceiling
  /** Milliseconds spent at work: from each poll that brought something to the end of its iteration. */
  active = 0
  /** Number of loop iterations that brought something. */
  reads = 0
  /** No later than the latest poll. */
  #polledAt = this.ceiling
  /** The latest reading of the clock. */
  #readAt = this.ceiling
  /** Time spent in polls until then. */
  #idle = performance.nodeTiming.idleTime
  /** Number of the latest poll. */
  #poll = pollNumber()
  /** Whether an I/O callback of this iteration has run, and its end is still to come. */
  #reading = false
  /** When that first callback ran. */
  #readingSince = this.ceiling
  /** Callbacks of this iteration after the first. */
  #callbacks = 0
  readonly #endIteration = (): void => {
    this.#reading = false
    this.#readAt = performance.now()
    this.active += this.#readAt - this.#readingSince
  }

  /** Called by each I/O callback before anything else. */
  stamp(): void {
    if (!this.#reading) {
      this.#reading = true
      this.#callbacks = 0
      this.reads++
      this.#readingSince = this.update()
      setImmediate(this.#endIteration)
      return
    }
    const sincePoll = ++this.#callbacks % eventsPerPoll
    const mayHavePolled =
      sincePoll > eventsPerPoll - countError || (sincePoll < countError && this.#callbacks > countError)
    if (mayHavePolled) this.ceiling = performance.now()
  }

  /**
   * Called by a timer or an immediate before anything else: the poll before it may have brought nothing.
   * @returns the time
   */
  update(): number {
    const now = performance.now()
    const poll = pollNumber()
    if (poll !== this.#poll) {
      const idle = performance.nodeTiming.idleTime
      this.floor = this.#polledAt
      this.#polledAt = Math.min(now, this.#readAt + (idle - this.#idle))
      this.#idle = idle
      this.#poll = poll
      this.ceiling = now
    }
    this.#readAt = now
    return now
  }

  /** Counts work done outside of I/O callbacks, from `since` until now. */
  worked(since: number): void {
    this.#readAt = performance.now()
    if (!this.#reading) this.active += this.#readAt - since
  }
}

/** Timers run at the end of an iteration, long after its poll if there was work: only this tells polls apart. */
function pollNumber(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount
}
