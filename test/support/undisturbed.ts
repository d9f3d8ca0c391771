import type { Starvation } from '../../src/generator/starvation.ts'

/** A thread that nothing kept from running, in a control group without a quota. */
export const undisturbed: Starvation = {
  queued: 0,
  throttled: undefined,
  notRunning: 0,
  overslept: 0,
  asleep: 0,
  memoryStall: 0,
}
