import { performance } from 'node:perf_hooks'

/** Of so many attempts to read two clocks at the same instant the one that took the shortest counts. */
const attempts = 50

/**
 * `process.uptime()` in milliseconds, which all threads of a process share, for a thread whose own times are those of
 * `performance.now()`: both read the system's monotonic clock.
 */
export class SharedClock {
  /** What is added to a time of this thread. */
  readonly offset: number
  /** How far the offset may be off, in milliseconds: half of the time that it took to read both. */
  readonly uncertainty: number

  constructor() {
    let best = { offset: 0, uncertainty: Infinity }
    for (let nth = 0; nth < attempts; nth++) {
      const before = performance.now()
      const shared = process.uptime() * 1_000
      const uncertainty = (performance.now() - before) / 2
      if (uncertainty < best.uncertainty) best = { offset: shared - before - uncertainty, uncertainty }
    }
    this.offset = best.offset
    this.uncertainty = best.uncertainty
  }
}
