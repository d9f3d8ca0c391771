import type { CapacityResult } from './capacity.ts'

/** The load from which on a watched server uses no more of its processors. */
export interface ProcessorKnee {
  /** Pings per second, or connections. */
  readonly load: number
  /** Processors that it used at most under any load, on average: from there on as good as all the time. */
  readonly most: number
}

/** As much as ever is this share of the most that was used, and more. */
const asMuchShare = 0.95
/** Two loads this factor apart would be told apart by what they use, if it still grew. */
const leastGrowth = 1.15

/**
 * The knee of a server's processor time over the load: the lowest load that was tried under which it used as much as it ever
 * did, if a load clearly above that took no more. None where it was not watched, or still used more with each load; loads that
 * the generator or the machine did not bring about tell nothing.
 */
export function processorKnee({ steps }: Pick<CapacityResult, 'steps'>): ProcessorKnee | undefined {
  const watched = steps
    .flatMap(({ load, limitedBy, summary }) =>
      summary?.server === undefined || limitedBy !== undefined ? [] : [{ load, processors: summary.server.cores }],
    )
    .toSorted((one, other) => one.load - other.load)
  const most = Math.max(...watched.map(({ processors }) => processors))
  const knee = watched.find(({ processors }) => processors >= asMuchShare * most)
  const highest = watched.at(-1)
  if (knee === undefined || highest!.load < leastGrowth * knee.load) return undefined
  return { load: knee.load, most }
}
