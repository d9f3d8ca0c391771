import type { SearchFindings } from './findings.ts'
import { intervalOf, type TriedLoad } from './search.ts'
import type { CapacityStep } from './step.ts'

/**
 * What ends a capacity's interval above: the SLO is surely missed there; the generator, or a limit of its machine, did not bring more
 * about, so that the server may well take more; the range, all of which was kept, or none; or the search ended before it found out.
 */
export type CapacityLimit = 'slo' | 'generator' | 'machine' | 'range' | 'unknown'

/** What ended a search's interval above; of what was out of reach, whose doing the lowest load was. */
export function limitOf({ steps, from, to }: SearchFindings, tried: readonly TriedLoad[]): CapacityLimit {
  const { low, high } = intervalOf(tried)
  const lowest = tried.toSorted((one, other) => one.load - other.load)[0]
  if (low === 0 && lowest?.outcome === 'missed' && lowest.load <= from) return 'range'
  if (high < Infinity) return 'slo'
  if (low >= to) return 'range'
  return lowestOutOfReach(steps, low)?.limitedBy ?? 'unknown'
}

/** The lowest load above one that was not brought about, or not told apart from the generator's own doing. */
export function lowestOutOfReach(steps: readonly CapacityStep[], above: number): CapacityStep | undefined {
  return steps
    .filter(({ load, verdict, limitedBy }) => load > above && verdict !== 'pass' && limitedBy !== undefined)
    .toSorted((one, other) => one.load - other.load)[0]
}
