import type { ServerUsage } from '../server/server-meter.ts'
import type { MachineTimes, Pressure } from '../system/machine-times.ts'

/** What the machine, the process of the generator and the servers had used by one moment. */
export interface Reading {
  /** Milliseconds since the measured window began. */
  readonly at: number
  readonly machine: MachineTimes
  /** Milliseconds that all processes in sight had used; `undefined` where they were not listed then. */
  readonly tasks: number | undefined
  readonly pressure: Pressure
  /** Milliseconds. */
  readonly generator: { readonly cpu: number; readonly throttled: number | undefined }
  /** Of each flood; `undefined` of those that are not watched, or whose processes are another flood's as well. */
  readonly servers: readonly (ServerUsage | undefined)[]
  /** Likewise: the most that was read of what goes up and down, since the reading before. */
  readonly peaks: readonly (Peak | undefined)[]
}

export type Peak = Pick<ServerUsage, 'rss' | 'processes'>

/** Of a longer run every other one is left out, and then fewer are taken. */
const mostReadings = 1_024

/** The readings of a run, as many as are kept of it. */
export class Readings {
  /** How many times as long as at first it is from one to the next. */
  spacing = 1
  #all: Reading[] = []

  get all(): readonly Reading[] {
    return this.#all
  }

  add(reading: Omit<Reading, 'peaks'>): void {
    this.#all.push({ ...reading, peaks: reading.servers })
    if (this.#all.length > mostReadings) this.#thinOut()
  }

  /** What was used adds up by itself, but the most of what was left out has to be kept. */
  #thinOut(): void {
    this.#all = this.#all.flatMap((reading, nth) => {
      if (nth % 2 === 1) return []
      const before = this.#all[nth - 1]?.peaks ?? []
      return [{ ...reading, peaks: reading.peaks.map((peak, side) => peak && mostOf(peak, before[side])) }]
    })
    this.spacing *= 2
  }
}

function mostOf({ rss, processes }: Peak, before: Peak | undefined): Peak {
  return { rss: Math.max(rss, before?.rss ?? 0), processes: Math.max(processes, before?.processes ?? 0) }
}
