import { setTimeout } from 'node:timers'
import type { ReconnectPlan } from './thread-plan.ts'

/** Attempts in a row that fail make the next one wait no longer than 2 to the power of this times `backoff`. */
const mostDoublings = 5
/** Each wait is drawn from this share less to this share more, so that those that ended together do not come back together. */
const jitterShare = 0.5

/** A connection that has ended and is to be open again. */
interface Away {
  /** When it ended, in milliseconds of `performance.now()`. */
  readonly since: number
  /** Attempts that failed since then. */
  failures: number
}

/** Which connections have ended early, by their numbers, and when each is opened again. */
export class Reconnects {
  /** Attempts that have begun. */
  attempts = 0
  /** Of these, those that did not open the connection for pings. */
  failed = 0
  #succeeded = 0
  readonly #plan: ReconnectPlan
  readonly #reopen: (index: number) => void
  readonly #away = new Map<number, Away>()
  readonly #attemptsOf = new Map<number, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #isStopped = false

  /** @param reopen begins an attempt, at once or when it may */
  constructor(plan: ReconnectPlan | undefined, reopen: (index: number) => void) {
    this.#plan = plan ?? { max: 0, backoff: 0 }
    this.#reopen = reopen
  }

  /** Whether a connection that has ended may come back. */
  get isAnyAway(): boolean {
    return this.#away.size > 0 && !this.#isStopped
  }

  /** How long one that has ended may wait for its next attempt, in milliseconds: 0 if none has come back, or will. */
  get longestWait(): number {
    return this.isAnyAway || this.attempts > 0 ? this.#plan.backoff * 2 ** mostDoublings * (1 + jitterShare) : 0
  }

  /** Whether an attempt has begun that has neither failed nor opened its connection. */
  get isAnyUnderWay(): boolean {
    return this.attempts > this.failed + this.#succeeded
  }

  /** Whether an attempt to open a connection is one to open it again. */
  has(index: number): boolean {
    return this.#away.has(index)
  }

  /** A connection has ended early. */
  ended(index: number, time: number): void {
    this.#away.set(index, { since: time, failures: 0 })
    this.#retry(index)
  }

  /** An attempt begins. */
  begun(index: number): void {
    this.attempts++
    this.#attemptsOf.set(index, (this.#attemptsOf.get(index) ?? 0) + 1)
  }

  /** An attempt has failed. */
  failedAgain(index: number): void {
    this.failed++
    this.#away.get(index)!.failures++
    this.#retry(index)
  }

  /** An attempt has opened the connection. @returns when it had ended, in milliseconds of `performance.now()` */
  cameBack(index: number): number {
    this.#succeeded++
    const { since } = this.#away.get(index)!
    this.#away.delete(index)
    return since
  }

  /** Begins no attempt any more. */
  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /** Calls back in so many milliseconds, unless it is stopped by then. */
  later(callback: () => void, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      callback()
    }, ms)
    this.#timers.add(timer)
  }

  #retry(index: number): void {
    const { max, backoff } = this.#plan
    if (this.#isStopped || (this.#attemptsOf.get(index) ?? 0) >= max) this.#away.delete(index)
    else this.later(() => this.#reopen(index), waitAfter(this.#away.get(index)!.failures, backoff))
  }
}

/** How long to wait after so many failed attempts in a row, in milliseconds. */
function waitAfter(failures: number, backoff: number): number {
  const wait = backoff * 2 ** Math.min(failures, mostDoublings)
  return wait * (1 + jitterShare * (2 * Math.random() - 1))
}
