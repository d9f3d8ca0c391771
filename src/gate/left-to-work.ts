import type { LoadResult } from '../result/load-result.ts'
import { machineInTheWay, notableShare } from '../slo/bottleneck.ts'
import type { Change, LeftToWork } from './comparison.ts'

/** Other processes that take as much of the processors are in the way. */
const notableForeign = 0.05
/** Load threads that waited for a processor for as much of the time were kept from their work. */
const longWait = 0.25

/**
 * The latencies that a comparison leaves to the processor time per answer, `Tolerance.fallback`, where that has surely not
 * grown by more than is allowed: undecided ones, if others kept the base from work; all of them, if these kept the load
 * generator from it. That the head alone was kept from work may be its own doing, and so may an undecided latency that
 * surely grew: both stay undecided. What is surely slower stays so. A quota, and what server and generator take from each
 * other, are none of others.
 */
export function leftToWork(base: LoadResult, latencies: readonly Change[], work: readonly Change[]): LeftToWork {
  const isUndecided = latencies.some(({ verdict }) => verdict === 'unclear')
  const hasNotGrown = work.some(({ verdict }) => verdict === 'same' || verdict === 'faster')
  if (!hasNotGrown) return { changes: [] }
  const { saturated, starvation } = base.generator
  const hasStarved = areOthersInTheWay(base) && saturated && (starvation?.waiting ?? 0) >= longWait
  const obstacle = areOthersInTheWay(base) ? describeObstacle(base, hasStarved) : undefined
  if (obstacle === undefined) {
    return { changes: [], ...(isUndecided && { whyNot: 'no other processes kept the base from its processors' }) }
  }
  // What is not measured at all is what did not leave, of a generator that was kept from work.
  const mayBeTheSame = (low: number): boolean => low <= 0 || (Number.isNaN(low) && hasStarved)
  const undecided = latencies.filter(({ verdict, low }) => verdict === 'unclear' && mayBeTheSame(low))
  const vague = hasStarved ? latencies.filter(({ verdict }) => verdict === 'same' || verdict === 'faster') : []
  return { changes: [...undecided, ...vague], obstacle, hasStarved }
}

function areOthersInTheWay({ machine, server }: LoadResult): boolean {
  const { foreign = 0, steal = 0, pressure = {} } = machine ?? {}
  if ((server?.throttled ?? 0) >= notableShare) return false
  return foreign >= notableForeign || steal >= notableShare || (pressure.memory ?? 0) >= notableShare
}

function describeObstacle(base: LoadResult, hasStarved: boolean): string | undefined {
  const ofServer = machineInTheWay(base, 0)
  if (ofServer !== undefined || !hasStarved) return ofServer
  return `the load generator was kept from work: ${base.generator.reasons[0]}`
}
