import { performance } from 'node:perf_hooks'

/** libuv takes at most this many events out of one poll; after a full one it polls again in the same loop iteration. */
const eventsPerPoll = 1_024
/** Callbacks and events are not quite the same number: they differ by no more than this when a poll is full. */
const countError = 64

/** libuv takes at most this many full polls in one iteration, and leaves the rest to the next one. */
const pollsPerIteration = 48
/** A thread that means to wait for a millisecond at most, and wakes up after so many, was kept from it. */
const shortestOversleepMs = 20
/** A peer may give up a program that is silent for so long; this long afterwards what it did may still be coming in. */
const longSilenceMs = 500
const aftermathMs = 1_000

/**
 * Knows when a thread's event loop polled for arrivals. A program sees an answer only when its loop polls: an answer
 * that this poll delivered and the one before did not arrived between the two. So `ceiling`, when the running
 * iteration's poll returned, is the answer's upper bound, and `floor`, when the previous one began, its lower bound.
 *
 * A thread can be stopped at any place: while it waits in a poll, after the poll returned and before libuv has asked for
 * the time, before the first line of code that runs after it. So nothing tells how late in its wait a poll looked for
 * arrivals the last time: that it began after the last line of code that ran before is all that is certain. So that
 * this is near, a poll that waited is followed by one that does not.
 *
 * Times are milliseconds of `performance.now()`.
 */
export class PollClock {
  /** No earlier than the poll that delivers what is being read now. */
  ceiling: number = performance.now()
  /** No later than the poll before it looked for arrivals. */
  floor: number = this.ceiling
  /** Number of the latest iteration. */
  iteration: number = pollNumber()
  /** Milliseconds spent at work: from each poll that brought something to the end of its iteration. */
  active = 0
  /** Number of loop iterations that brought something. */
  reads = 0
  /** Milliseconds spent in polls that waited for 20 ms and more. */
  overslept = 0
  /** No later than the latest poll. */
  #polledAfter = this.ceiling
  /** The latest reading of the clock. */
  #readAt = this.ceiling
  /** Time spent in polls until then. */
  #idle = performance.nodeTiming.idleTime
  /** When the latest long silence ended: a pause, or work. */
  #silentUntil = -Infinity
  /** Whether an I/O callback of this iteration has run, and its end is still to come. */
  #reading = false
  /** When that first callback ran. */
  #readingSince = this.ceiling
  /** Callbacks of this iteration after the first. */
  #callbacks = 0
  readonly #endIteration = (): void => {
    this.#reading = false
    this.active += this.#read() - this.#readingSince
    if (this.#readAt - this.#readingSince >= longSilenceMs) this.#silentUntil = this.#readAt
  }
  /** What is due at the end of an iteration keeps its poll from waiting. */
  readonly #pollAgain = (): void => {
    if (pollNumber() === this.iteration) setImmediate(this.#pollAgain)
    else this.update()
  }

  /** Nobody is connected until now: that the thread was silent before means nothing to anyone. */
  begin(): void {
    this.#readAt = performance.now()
  }

  /** Called by each I/O callback before anything else. */
  stamp(): void {
    if (!this.#reading) {
      this.#reading = true
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
   * Called before anything else by whatever is no I/O callback, a timer, an immediate, the end of a connection: the poll before it
   * may have brought nothing.
   * @returns the time
   */
  update(): number {
    const readBefore = this.#readAt
    const now = this.#read()
    const iteration = pollNumber()
    if (iteration !== this.iteration) {
      const { idleTime } = performance.nodeTiming
      const waited = idleTime - this.#idle
      const leftSome = this.#callbacks > pollsPerIteration * (eventsPerPoll - countError)
      if (!leftSome) this.floor = this.#polledAfter
      this.#polledAfter = readBefore
      this.ceiling = now
      this.iteration = iteration
      this.#callbacks = 0
      if (waited > 0) setImmediate(this.#pollAgain)
      if (waited >= shortestOversleepMs) this.overslept += waited
      this.#idle = idleTime
    }
    return now
  }

  /**
   * Whether this thread was silent for so long, a short while ago, that its peers may have given it up. A thread that
   * was stopped between two callbacks of one iteration has not ended it yet, and reads already what came meanwhile.
   */
  get isAfterSilence(): boolean {
    const now = performance.now()
    return now - this.#silentUntil < aftermathMs || now - this.#readAt >= longSilenceMs
  }

  /** Whether this iteration has brought something. */
  get isReading(): boolean {
    return this.#reading
  }

  /** Counts work done outside of I/O callbacks, from `since` until now. */
  worked(since: number): void {
    this.#read()
    if (!this.#reading) this.active += this.#readAt - since
    if (this.#readAt - since >= longSilenceMs) this.#silentUntil = this.#readAt
  }

  /** Reads the clock, and notices that it was not read for long. */
  #read(): number {
    const now = performance.now()
    if (now - this.#readAt >= longSilenceMs) this.#silentUntil = now
    this.#readAt = now
    return now
  }
}

/** Timers run at the end of an iteration, long after its poll if there was work: only this tells polls apart. */
function pollNumber(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount
}
