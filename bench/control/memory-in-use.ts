import { subscribe } from 'node:diagnostics_channel'
import type { Worker } from 'node:worker_threads'

/** Bytes in use. */
export interface MemoryInUse {
  /** Heap of the main thread. */
  readonly main: number
  /** Heaps of all load threads together. */
  readonly threads: number
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
  const heaps = told.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const { heapUsed, rss } = process.memoryUsage()
  return { main: heapUsed, threads: heaps.reduce((sum, heap) => sum + heap.used_heap_size, 0), rss }
}

/** Cells of a table. */
export function inMegabytes({ main, threads, rss }: MemoryInUse): Record<string, string> {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
  return { 'main heap MB': megabytes(main), 'load heap MB': megabytes(threads), 'RSS MB': megabytes(rss) }
}
