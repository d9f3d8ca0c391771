import type { FloodOrder } from './flood.ts'

/** Resident memory of a process while it flooded, in bytes. */
export interface Resident {
  /** Median of the measured window. */
  readonly steady: number
  /** Most of the measured window. */
  readonly peak: number
  readonly opened: number
  readonly failed: number
}

/** What a contender answers: the same flood with one connection, then with all of them. */
export interface MemoryOutcome {
  readonly one: Resident
  readonly all: Resident
}

/** When the measured window began and ended, in milliseconds of `Date.now()`, and what became of the connections. */
interface FloodWindow {
  readonly from: number
  readonly until: number
  readonly opened: number
  readonly failed: number
}

const readEvery = 20

/** Runs a contender's floods as this process's job and reads how much of the process is in memory. */
export async function contend(flood: (order: FloodOrder) => Promise<FloodWindow>): Promise<void> {
  const order = JSON.parse(process.argv[2]!) as FloodOrder
  const one = await watch(() => flood({ ...order, connections: 1 }))
  const all = await watch(() => flood(order))
  process.stdout.write(JSON.stringify({ one, all } satisfies MemoryOutcome), () => process.exit())
}

async function watch(flood: () => Promise<FloodWindow>): Promise<Resident> {
  const readings: { at: number; bytes: number }[] = []
  const reader = setInterval(() => readings.push({ at: Date.now(), bytes: process.memoryUsage.rss() }), readEvery)
  const { from, until, opened, failed } = await flood()
  clearInterval(reader)
  const sizes = readings
    .filter(({ at }) => at >= from && at < until)
    .map(({ bytes }) => bytes)
    .toSorted((one, other) => one - other)
  return { steady: sizes[sizes.length >> 1]!, peak: sizes.at(-1)!, opened, failed }
}
