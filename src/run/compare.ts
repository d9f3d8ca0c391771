import { availableParallelism } from 'node:os'
import { checkSignal } from '../errors.ts'
import { compareSideBySide, isHopeless } from '../gate/compare.ts'
import type { ComparisonVerdict } from '../gate/comparison.ts'
import type { ResolvedComparison, ResolvedSide } from '../options/compare.ts'
import { floodOf } from '../options/options.ts'
import type { LoadResult } from '../result/load-result.ts'
import { interimEvidenceShare } from '../statistics/interim-looks.ts'
import type { Family } from '../server/descendants.ts'
import { type RunningTarget, startTarget } from '../server/command.ts'
import type { SettledOptions } from './interim-looks.ts'
import { runSideBySide, type SideBySide } from './side-by-side.ts'

/** What {@link compare} found out. */
export interface ComparedRuns {
  readonly base: LoadResult
  readonly head: LoadResult
  readonly verdict: ComparisonVerdict
}

const sidesOfComparison = 2

/**
 * Floods two servers in alternate slices of time and judges whether the head is slower than the base, until that is clear.
 *
 * @throws {WsLoadError} `WSLOAD_ERR_ABORTED`, `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_THREAD_CRASHED`,
 * `WSLOAD_ERR_UNSUPPORTED_PLATFORM`, and `WSLOAD_ERR_TARGET_…` of a side that is started
 */
export async function compare(
  { base, head, load, fanOut, tolerance, maxDuration }: ResolvedComparison,
  { signal, watcher }: Pick<SideBySide, 'signal' | 'watcher'> = {},
): Promise<ComparedRuns> {
  checkSignal(signal)
  const targets: RunningTarget[] = []
  const judge = (baseRun: LoadResult, headRun: LoadResult, evidenceShare?: number): ComparisonVerdict =>
    compareSideBySide(baseRun, headRun, tolerance, load.confidence, evidenceShare)
  try {
    const families: (Family | undefined)[] = []
    for (const side of [base, head]) {
      if ('command' in side) targets.push(await startTarget(side, load, signal))
      families.push('command' in side ? targets.at(-1)!.family : undefined)
    }
    const duration = maxDuration / sidesOfComparison
    const floodOfSide = (side: ResolvedSide): SettledOptions => ({
      ...floodOf(load, side.url, duration, fanOut),
      server: load.server !== false && 'server' in side ? side.server : load.server,
    })
    const floods = [floodOfSide(base), floodOfSide(head)] as const
    const [baseRun, headRun] = await runSideBySide(floods, {
      signal,
      watcher,
      families,
      decision: {
        overdueAfter: Infinity,
        isReached: ([baseSoFar, headSoFar]) =>
          isHopeless([baseSoFar, headSoFar]) || judge(baseSoFar, headSoFar, interimEvidenceShare).verdict !== 'unclear',
      },
    })
    return { base: baseRun, head: headRun, verdict: withAdvice(judge(baseRun, headRun), [base, head]) }
  } finally {
    const killed = await Promise.all(targets.map((target) => target.stop()))
    for (const message of killed) if (message !== undefined) process.emitWarning(message, 'WsLoadWarning')
  }
}

/** Of servers that the system may put anywhere, the first thing to change where the evidence does not suffice. */
function withAdvice(verdict: ComparisonVerdict, sides: readonly ResolvedSide[]): ComparisonVerdict {
  const areAnywhere = sides.every((side) => 'command' in side && side.cpuAffinity === undefined)
  if (verdict.verdict !== 'unclear' || verdict.doubtful || !areAnywhere) return verdict
  if (process.platform !== 'linux' || availableParallelism() === 1) return verdict
  const advice = 'base and head may have run on different processors: the same cpuAffinity keeps both on one'
  return { ...verdict, reasons: [...verdict.reasons, advice] }
}
