import { performance } from 'node:perf_hooks'
import type { EventLoop } from './event-loop.ts'

/** Node's timers wake up to a millisecond early, and a millisecond and more late: the last stretch is spent polling. */
const timerErrorMs = 2
/** Node's timers take no more than 31 bits. */
const longestTimerMs = 2 ** 31 - 1

/** Calls back at about a time: who is called too early sets it again. */
export class Alarm {
  readonly #ring: () => void
  readonly #loop: Pick<EventLoop, 'spareCore' | 'sleeper'> | undefined
  #at = 0
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  /** @param loop of an alarm that is set over and over: in the last stretch it polls only where there is a core for that */
  constructor(ring: () => void, loop?: Pick<EventLoop, 'spareCore' | 'sleeper'>) {
    this.#ring = ring
    this.#loop = loop
  }

  /** @param at milliseconds of `performance.now()` */
  set(at: number): void {
    const now = performance.now()
    const wait = at - now
    this.#at = at
    if (wait > timerErrorMs) {
      this.#timer = setTimeout(this.#ring, Math.min(Math.floor(wait - timerErrorMs) + 1, longestTimerMs))
    } else if (this.#loop === undefined || this.#loop.spareCore.isThere(now)) {
      this.#loop?.sleeper.interrupt()
      this.#immediate = setImmediate(this.#ring)
    } else {
      this.#loop.sleeper.expect(at)
      this.#immediate = setImmediate(this.#sleepAndRing)
    }
  }

  clear(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }

  readonly #sleepAndRing = (): void => {
    this.#loop!.sleeper.sleep(this.#at)
    this.#ring()
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
