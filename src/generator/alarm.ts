import { performance } from 'node:perf_hooks'

/** Node's timers wake up to a millisecond early, and a millisecond and more late: the last stretch is spent polling. */
const timerErrorMs = 2
/** Node's timers take no more than 31 bits. */
const longestTimerMs = 2 ** 31 - 1

/** Calls back at a time, or a little before it: who is called too early sets it again. */
export class Alarm {
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** @param at milliseconds of `performance.now()` */
  set(at: number): void {
    const wait = at - performance.now()
    if (wait <= timerErrorMs) this.#immediate = setImmediate(this.#ring)
    else this.#timer = setTimeout(this.#ring, Math.min(Math.floor(wait - timerErrorMs) + 1, longestTimerMs))
  }

  clear(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }
}

/**
 * Resolves at a time and never before.
 * @param at milliseconds of `performance.now()`
 * @param over ends the wait: then it stays pending
 */
export function reached(at: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const alarm = new Alarm(() => {
      if (performance.now() >= at) resolve()
      else alarm.set(at)
    })
    alarm.set(at)
    over.addEventListener('abort', () => alarm.clear(), { once: true })
  })
}
