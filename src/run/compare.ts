import { availableParallelism } from 'node:os'
import { checkSignal } from '../errors.ts'
import type { SideBySidePair } from '../gate/afresh.ts'
import { compareSideBySide, isHopeless } from '../gate/compare.ts'
import type { Change, ComparisonVerdict, Judge } from '../gate/comparison.ts'
import type { ResolvedTolerance } from '../gate/tolerance.ts'
import type { ResolvedComparison } from '../options/compare.ts'
import { interimEvidenceShare } from '../statistics/interim-looks.ts'
import { type ComparisonWatch, floodBothSides } from './both-sides.ts'
import { floodAfresh } from './flood-afresh.ts'
import { withIntervalsOf } from './run.ts'

/** Equal servers on two processors differed by up to 44 % where others and the load had a part of one. */
const mostBetweenProcessors = 0.5

interface Found extends SideBySidePair {
  /** What `base` and `head` were put together from, if the servers were started more than once. */
  readonly pairs?: readonly SideBySidePair[]
}

/** What {@link compare} found out. */
export interface ComparedRuns extends Found {
  readonly verdict: ComparisonVerdict
  readonly judge: Judge
}

/**
 * Floods two servers in alternate slices of time and judges whether the head is slower than the base, until that is clear.
 *
 * @throws {WsLoadError} `WSLOAD_ERR_ABORTED`, `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_THREAD_CRASHED`,
 * `WSLOAD_ERR_UNSUPPORTED_PLATFORM`, and `WSLOAD_ERR_TARGET_…` of a side that is started
 */
export async function compare(comparison: ResolvedComparison, watch: ComparisonWatch = {}): Promise<ComparedRuns> {
  checkSignal(watch.signal)
  const { load, tolerance, restarts, onOneProcessor } = comparison
  const judged = (found: Found, by: ResolvedTolerance, evidenceShare = 1): ComparisonVerdict =>
    compareSideBySide(found.base, found.head, by, load.confidence, { evidenceShare, pairs: found.pairs })
  const found: Found =
    restarts === 0
      ? await floodOnce(comparison, (soFar, evidenceShare) => judged(soFar, tolerance, evidenceShare), watch)
      : await floodAfresh(comparison, (soFar) => judged(soFar, tolerance).verdict === 'slower', watch)
  const by = (other: ResolvedTolerance): ComparisonVerdict => withAdvice(judged(found, other), comparison)
  return { ...found, verdict: by(tolerance), judge: { by, onOneProcessor } }
}

async function floodOnce(
  comparison: ResolvedComparison,
  judge: (pair: SideBySidePair, evidenceShare?: number) => ComparisonVerdict,
  watch: ComparisonWatch,
): Promise<SideBySidePair> {
  const isDecided = (pair: SideBySidePair): boolean => judge(pair, interimEvidenceShare).verdict !== 'unclear'
  return floodBothSides(comparison, {
    ...watch,
    maxDuration: comparison.maxDuration,
    decision: {
      overdueAfter: Infinity,
      isReached: ([base, head]) => isHopeless([base, head]) || isDecided({ base, head }),
      settle: ([base, head], [baseThen, headThen]) => {
        const atLook = { base: baseThen, head: headThen }
        const settled = isDecided(atLook) ? pairAtLookOrEnd({ base, head }, atLook, judge) : { base, head }
        return [settled.base, settled.head]
      },
    },
  })
}

/**
 * The sides of a comparison that a look has decided. What came in after it may be so uneven that all of it tells less than what was there:
 * where it leaves unclear how the sides compare, and not whether they can be compared, they are what they were at the look.
 */
export function pairAtLookOrEnd(
  atEnd: SideBySidePair,
  atLook: SideBySidePair,
  judge: (pair: SideBySidePair) => Pick<ComparisonVerdict, 'verdict' | 'doubtful'>,
): SideBySidePair {
  const { verdict, doubtful } = judge(atEnd)
  if (verdict !== 'unclear' || doubtful || isHopeless([atEnd.base, atEnd.head])) return atEnd
  return { base: withIntervalsOf(atEnd.base, atLook.base), head: withIntervalsOf(atEnd.head, atLook.head) }
}

/** What to change first where the evidence does not suffice, or where the place of a server may be what was slower. */
function withAdvice(judged: ComparisonVerdict, { base, head, restarts }: ResolvedComparison): ComparisonVerdict {
  const { verdict, doubtful, reasons, changes } = judged
  if (doubtful) return judged
  const areAnywhere = [base, head].every((side) => 'command' in side && side.cpuAffinity === undefined)
  const canBeApart = process.platform === 'linux' && availableParallelism() > 1
  const mayBePlace = verdict === 'unclear' || (restarts === 0 && changes.some(mayBeOfProcessor))
  const advice = [
    ...(areAnywhere && canBeApart && mayBePlace
      ? ['base and head may have run on different processors: the same cpuAffinity keeps both on one']
      : []),
    ...(restarts > 0 && verdict === 'unclear'
      ? ['four times as many pairs halve the interval: raise restarts, and maxDuration with them']
      : []),
  ]
  return { ...judged, reasons: [...reasons, ...advice] }
}

/** Whether it may be the processor that was slower. */
function mayBeOfProcessor({ indicator, verdict, change }: Change): boolean {
  return verdict === 'slower' && indicator !== 'errorRate' && change <= mostBetweenProcessors
}
