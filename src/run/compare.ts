import { availableParallelism } from 'node:os'
import { checkSignal } from '../errors.ts'
import type { SideBySidePair } from '../gate/afresh.ts'
import { compareSideBySide, isHopeless } from '../gate/compare.ts'
import type { ComparisonVerdict } from '../gate/comparison.ts'
import type { ResolvedComparison, ResolvedSide } from '../options/compare.ts'
import { interimEvidenceShare } from '../statistics/interim-looks.ts'
import { type ComparisonWatch, floodBothSides } from './both-sides.ts'
import { floodAfresh } from './flood-afresh.ts'

interface Found extends SideBySidePair {
  /** What `base` and `head` were put together from, if the servers were started more than once. */
  readonly pairs?: readonly SideBySidePair[]
}

/** What {@link compare} found out. */
export interface ComparedRuns extends Found {
  readonly verdict: ComparisonVerdict
}

/**
 * Floods two servers in alternate slices of time and judges whether the head is slower than the base, until that is clear.
 *
 * @throws {WsLoadError} `WSLOAD_ERR_ABORTED`, `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_THREAD_CRASHED`,
 * `WSLOAD_ERR_UNSUPPORTED_PLATFORM`, and `WSLOAD_ERR_TARGET_…` of a side that is started
 */
export async function compare(comparison: ResolvedComparison, watch: ComparisonWatch = {}): Promise<ComparedRuns> {
  checkSignal(watch.signal)
  const { base, head, load, tolerance, restarts } = comparison
  const judge = (found: Found, evidenceShare = 1): ComparisonVerdict =>
    compareSideBySide(found.base, found.head, tolerance, load.confidence, { evidenceShare, pairs: found.pairs })
  const found: Found =
    restarts === 0
      ? await floodOnce(comparison, (soFar) => judge(soFar, interimEvidenceShare).verdict !== 'unclear', watch)
      : await floodAfresh(comparison, (soFar) => judge(soFar).verdict === 'slower', watch)
  return { ...found, verdict: withAdvice(judge(found), [base, head]) }
}

async function floodOnce(
  comparison: ResolvedComparison,
  isDecided: (pair: SideBySidePair) => boolean,
  watch: ComparisonWatch,
): Promise<SideBySidePair> {
  return floodBothSides(comparison, {
    ...watch,
    maxDuration: comparison.maxDuration,
    decision: {
      overdueAfter: Infinity,
      isReached: ([base, head]) => isHopeless([base, head]) || isDecided({ base, head }),
    },
  })
}

/** Of servers that the system may put anywhere, the first thing to change where the evidence does not suffice. */
function withAdvice(verdict: ComparisonVerdict, sides: readonly ResolvedSide[]): ComparisonVerdict {
  const areAnywhere = sides.every((side) => 'command' in side && side.cpuAffinity === undefined)
  if (verdict.verdict !== 'unclear' || verdict.doubtful || !areAnywhere) return verdict
  if (process.platform !== 'linux' || availableParallelism() === 1) return verdict
  const advice = 'base and head may have run on different processors: the same cpuAffinity keeps both on one'
  return { ...verdict, reasons: [...verdict.reasons, advice] }
}
