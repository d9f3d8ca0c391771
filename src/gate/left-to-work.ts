import type { LoadResult } from '../result/load-result.ts'
import { isStarved } from '../result/starvation.ts'
import { machineInTheWay } from '../slo/bottleneck.ts'
import type { Change, LeftToWork } from './comparison.ts'

/**
 * The latencies that a comparison leaves to the processor time per answer, `Tolerance.fallback`, where that has surely not
 * grown by more than is allowed: undecided ones, if the machine kept the base from work; all of them, if it kept the load
 * generator from it. That it kept the head alone may be the head's own doing, and so may an undecided latency that surely
 * grew: both stay undecided. What is surely slower stays so.
 */
export function leftToWork(base: LoadResult, latencies: readonly Change[], work: readonly Change[]): LeftToWork {
  const { starvation, reasons } = base.generator
  const hasStarved = starvation !== undefined && isStarved(starvation)
  const obstacle =
    machineInTheWay(base, 0) ?? (hasStarved ? `the load generator was kept from work: ${reasons[0]}` : undefined)
  const hasNotGrown = work.some(({ verdict }) => verdict === 'same' || verdict === 'faster')
  if (!hasNotGrown) return { changes: [] }
  if (obstacle === undefined) return { changes: [], whyNot: 'nothing kept the base from its processors' }
  const undecided = latencies.filter(({ verdict, low }) => verdict === 'unclear' && low <= 0)
  const vague = hasStarved ? latencies.filter(({ verdict }) => verdict === 'same' || verdict === 'faster') : []
  return { changes: [...undecided, ...vague], obstacle, hasStarved }
}
