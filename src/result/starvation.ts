import type { Starvation } from './load-result.ts'

/** Threads that cannot run for as much of the time saturate a generator; what is less shows in the brackets and bounds the rates. */
const saturatingLoss = 0.25

/** Share of the measured window in which the most starved load thread could not run, 0 to 1. */
export function lostShare({ throttled = 0, waiting = 0, memoryStall = 0, stopped }: Starvation): number {
  return Math.min(1, throttled + waiting + memoryStall + stopped)
}

/** Whether a load generator was kept from its work for so long that it is saturated. */
export function isStarved(starvation: Starvation): boolean {
  return lostShare(starvation) >= saturatingLoss
}
