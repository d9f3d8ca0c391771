/** libuv takes at most this many events out of one poll; after a full one it polls again in the same loop iteration. */
const eventsPerPoll = 1_024
/** Callbacks and events are not quite the same number: this many callbacks around a possible new poll are in doubt. */
const doubt = 64

/**
 * Knows when a thread's event loop looked for arrivals. A program sees an answer only when its loop polls: an answer
 * that this poll delivered and the one before did not arrived between the two. So `now`, when the running iteration's
 * poll returned, is the answer's upper bound, and `before`, when the previous one did, its lower bound.
 *
 * A thread that wants for a processor can stand still between a poll and the first line of code that runs after it. So
 * the lower bound is not when that line ran, but the time the poll was awaited (libuv measures it) after the last line
 * that ran before.
 *
 * Times are milliseconds of `performance.now()`.
 */
export class PollClock {
  /** No earlier than the poll that delivers what is being read now. */
  now: number = performance.now()
  /** No later than the poll before it. */
  before: number = this.now
  /** When the answers that are being read were surely there: later than `now` if they may have come behind it. */
  ceiling: number = this.now
  /** When the pings that are being sent leave: kept here by whoever sends them. */
  departure: number = this.now
  /** Milliseconds spent at work: from each poll that brought something to the end of its iteration. */
  busy = 0
  /** Number of loop iterations that brought something. */
  reads = 0
  /** No later than the latest poll. */
  #polled = this.now
  /** The latest reading of the clock. */
  #read = this.now
  /** Time spent in polls until then. */
  #idle = performance.nodeTiming.idleTime
  /** Number of the latest poll. */
  #poll = pollNumber()
  /** Whether an I/O callback of this iteration has run, and its end is still to come. */
  #stamped = false
  /** When that first callback ran. */
  #began = this.now
  #callbacks = 0
  readonly #endIteration = (): void => {
    this.#stamped = false
    this.#read = performance.now()
    this.busy += this.#read - this.#began
  }

  /** Called by each I/O callback before anything else. */
  stamp(): void {
    if (!this.#stamped) {
      this.#stamped = true
      this.#callbacks = 0
      this.reads++
      this.#began = this.look()
      setImmediate(this.#endIteration)
      return
    }
    const sincePoll = ++this.#callbacks % eventsPerPoll
    if (sincePoll > eventsPerPoll - doubt || (sincePoll < doubt && this.#callbacks > doubt))
      this.now = performance.now()
  }

  /** Called by a timer or an immediate before anything else: the poll before it may have brought nothing. */
  look(): number {
    const now = performance.now()
    const poll = pollNumber()
    if (poll !== this.#poll) {
      const idle = performance.nodeTiming.idleTime
      this.before = this.#polled
      this.#polled = Math.min(now, this.#read + (idle - this.#idle))
      this.#idle = idle
      this.#poll = poll
      this.now = now
    }
    this.#read = now
    return now
  }

  /** Counts work done outside of I/O callbacks, from `since` until now. */
  worked(since: number): void {
    this.#read = performance.now()
    if (!this.#stamped) this.busy += this.#read - since
  }
}

/** Timers run at the end of an iteration, long after its poll if there was work: only this tells polls apart. */
function pollNumber(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount
}
