import type { LoadResult } from '../result/load-result.ts'
import { machineInTheWay } from '../slo/bottleneck.ts'
import type { Change, LeftToWork } from './comparison.ts'

/**
 * The latencies that a comparison leaves to the processor time per answer, `Tolerance.fallback`: undecided ones, where that has surely
 * not grown by more than is allowed, and the machine kept the base from work. That it kept the head alone may be the head's own doing,
 * and so may a latency that surely grew: both stay undecided.
 */
export function leftToWork(base: LoadResult, latencies: readonly Change[], work: readonly Change[]): LeftToWork {
  const obstacle = machineInTheWay(base, 0)
  const hasNotGrown = work.some(({ verdict }) => verdict === 'same' || verdict === 'faster')
  if (obstacle === undefined || !hasNotGrown) return { changes: [], obstacle: '' }
  return { changes: latencies.filter(({ verdict, low }) => verdict === 'unclear' && low <= 0), obstacle }
}
