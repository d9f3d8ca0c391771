import type { Starvation } from './load-result.ts'

/** Share of the measured window in which the most starved load thread could not run, 0 to 1. */
export function lostShare({ throttled = 0, waiting = 0, memoryStall = 0, stopped }: Starvation): number {
  return Math.min(1, throttled + waiting + memoryStall + stopped)
}
