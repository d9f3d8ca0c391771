import { availableParallelism } from 'node:os'
import { ControlGroups } from './control-group.ts'

/** Processors that this process may use: those of the machine, or its quota of them, 0.25 for a quarter of one. */
export function availableProcessors(groups: ControlGroups = new ControlGroups()): number {
  return Math.min(availableParallelism(), groups.quota ?? Infinity)
}
