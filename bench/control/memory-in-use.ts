import { subscribe } from 'node:diagnostics_channel'
import { getHeapStatistics } from 'node:v8'
import type { Worker } from 'node:worker_threads'
import { sum } from '../../src/statistics/sum.ts'

/** Bytes. */
export interface MemoryInUse {
  /** In use of the main thread's heap. */
  readonly main: number
  /** In use of the heaps of all load threads together. */
  readonly threads: number
  /** What V8 holds for all of these heaps, in use or not, and what they hold outside: array buffers. */
  readonly held: number
  /** Of the whole process. */
  readonly rss: number
}

const threads = new Set<Worker>()
subscribe('worker_threads', (message) => {
  const { worker } = message as { worker: Worker }
  threads.add(worker)
  worker.once('exit', () => threads.delete(worker))
})

/** The memory of this process, and of the threads that it has started since this module was loaded. */
export async function memoryInUse(): Promise<MemoryInUse> {
  // One that starts or ends has none to tell.
  const told = await Promise.allSettled([...threads].map((worker) => worker.getHeapStatistics()))
  const ofThreads = told.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const main = getHeapStatistics()
  return {
    main: main.used_heap_size,
    threads: sum(ofThreads.map((heap) => heap.used_heap_size)),
    held: sum([main, ...ofThreads].map((heap) => heap.total_heap_size + heap.external_memory)),
    rss: process.memoryUsage.rss(),
  }
}

/** Cells of a table. */
export function inMegabytes({ main, threads, rss }: MemoryInUse): Record<string, string> {
  return { 'main heap MB': megabytes(main), 'load heap MB': megabytes(threads), 'RSS MB': megabytes(rss) }
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
