import { clearInterval, setInterval } from 'node:timers'
import { aliveEveryMs } from './messages.ts'

/**
 * Notices that somebody was not heard of for too long. What this process itself was kept from its work counts for nothing: it
 * may not have read what was said meanwhile.
 */
export class Patience {
  readonly #timer: NodeJS.Timeout
  /** Milliseconds that were waited in vain. */
  #waited = 0
  #isPaused = false
  #lastCheck = process.uptime() * 1_000

  /**
   * @param ms how long to wait
   * @param lost is called once
   */
  constructor(ms: number, lost: () => void) {
    this.#timer = setInterval(() => {
      const now = process.uptime() * 1_000
      if (!this.#isPaused) this.#waited += Math.min(now - this.#lastCheck, 2 * aliveEveryMs)
      this.#lastCheck = now
      if (this.#waited < ms) return
      this.end()
      lost()
    }, aliveEveryMs)
  }

  heard(): void {
    // What was waited since the last check is counted by the next one.
    this.#waited = this.#lastCheck - process.uptime() * 1_000
  }

  /** Nothing can be heard now: nobody is lost until something can again. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.heard()
  }

  end(): void {
    clearInterval(this.#timer)
  }
}
