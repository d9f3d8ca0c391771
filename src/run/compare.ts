import { compareSideBySide, isHopeless } from '../gate/compare.ts'
import type { ComparisonVerdict } from '../gate/comparison.ts'
import type { ResolvedComparison } from '../options/compare.ts'
import { floodOf } from '../options/options.ts'
import type { LoadResult } from '../result/load-result.ts'
import { interimEvidenceShare } from '../statistics/interim-looks.ts'
import { type RunningTarget, startTarget } from '../server/command.ts'
import { checkSignal, runSideBySide, type SideBySide } from './side-by-side.ts'

/** What {@link compare} found out. */
export interface ComparedRuns {
  readonly base: LoadResult
  readonly head: LoadResult
  readonly verdict: ComparisonVerdict
}

/**
 * Floods two servers in alternate slices of time and judges whether the head is slower than the base, until that is clear.
 *
 * @throws {WsLoadError} `WSLOAD_ERR_ABORTED`, `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_THREAD_CRASHED`,
 * `WSLOAD_ERR_UNSUPPORTED_PLATFORM`, and `WSLOAD_ERR_TARGET_…` of a side that is started
 */
export async function compare(
  { base, head, load, tolerance, maxDuration }: ResolvedComparison,
  { signal, watcher }: Pick<SideBySide, 'signal' | 'watcher'> = {},
): Promise<ComparedRuns> {
  checkSignal(signal)
  const sides = [base, head]
  const judge = ([base, head]: readonly LoadResult[], evidenceShare?: number) =>
    compareSideBySide(base!, head!, tolerance, load.confidence, evidenceShare)
  const targets: RunningTarget[] = []
  try {
    for (const side of sides) if ('command' in side) targets.push(await startTarget(side, load))
    const floods = sides.map(({ url }) => floodOf(load, url, maxDuration / sides.length))
    const isReached = (results: readonly LoadResult[]): boolean =>
      isHopeless(results) || judge(results, interimEvidenceShare).verdict !== 'unclear'
    const results = await runSideBySide(floods, { signal, watcher, decision: { overdueAfter: Infinity, isReached } })
    return { base: results[0]!, head: results[1]!, verdict: judge(results) }
  } finally {
    await Promise.all(targets.map((target) => target.stop()))
  }
}
