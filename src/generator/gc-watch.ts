import { PerformanceObserver } from 'node:perf_hooks'
import type { GcPauses } from '../result/load-result.ts'

/** Counts this thread's garbage collections: while one runs, no answer is seen. */
export class GcWatch {
  #count = 0
  #total = 0
  #max = 0
  readonly #observer: PerformanceObserver = new PerformanceObserver((list) => this.#add(list.getEntries()))

  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  stop(): void {
    this.#add(this.#observer.takeRecords())
    this.#observer.disconnect()
  }

  /** Those seen until now. */
  get pauses(): GcPauses {
    return { count: this.#count, total: this.#total, max: this.#max }
  }

  #add(entries: readonly { readonly duration: number }[]): void {
    for (const { duration } of entries) {
      this.#count++
      this.#total += duration
      this.#max = Math.max(this.#max, duration)
    }
  }
}
