import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import type { FloodOrder } from './flood.ts'

/** By what the heap grew between two instants of a flood. */
export interface Growth {
  readonly bytes: number
  /** Garbage collections meanwhile: any of them makes `bytes` worthless. */
  readonly collections: number
}

/** What a contender answers: how its heap grew, and how many pings were answered meanwhile. */
export interface AllocationOutcome extends Growth {
  readonly pings: number
}

/** Nothing is counted in the first part of a flood: code is compiled and optimized there. Milliseconds. */
export const settling = 1_000

/** Runs a contender's flood as this process's job. */
export async function contend(flood: (order: FloodOrder) => Promise<AllocationOutcome>): Promise<void> {
  const outcome = await flood(JSON.parse(process.argv[2]!) as FloodOrder)
  process.stdout.write(JSON.stringify(outcome), () => process.exit())
}

/** Watches the heap from `settling` to `settling + length` after `start` (`performance.now()`). */
export async function watchHeap(start: number, length: number): Promise<Growth> {
  await setTimeout(start + settling - performance.now())
  let collections = 0
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length))
  observer.observe({ entryTypes: ['gc'] })
  const before = process.memoryUsage().heapUsed
  await setTimeout(start + settling + length - performance.now())
  const bytes = process.memoryUsage().heapUsed - before
  collections += observer.takeRecords().length
  observer.disconnect()
  return { bytes, collections }
}
