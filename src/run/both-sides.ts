import { floodOf } from '../options/options.ts'
import type { ResolvedComparison, ResolvedSide } from '../options/compare.ts'
import type { SideBySidePair } from '../gate/afresh.ts'
import type { LoadResult } from '../result/load-result.ts'
import { type RunningTarget, startTarget } from '../server/command.ts'
import type { SettledOptions } from './interim-looks.ts'
import { runSideBySide, type SideBySide } from './side-by-side.ts'
import { TargetWarnings } from './target-warnings.ts'

/** The two servers, and what both are flooded with. */
export type BothSides = Pick<ResolvedComparison, 'base' | 'head' | 'load' | 'fanOut'>

/** Who watches a comparison, and may end it before its time. */
export type ComparisonWatch = Pick<SideBySide, 'signal' | 'watcher'>

/** How one pair of servers is flooded. */
interface FloodOfPair extends ComparisonWatch {
  readonly decision?: SideBySide<readonly [LoadResult, LoadResult]>['decision']
  /** Milliseconds, both sides together. */
  readonly maxDuration: number
  /** Which of the two is started first. Default: the base. */
  readonly first?: 'base' | 'head'
  /** Shared by the pairs of a comparison: each is warned of once. */
  readonly warnings?: TargetWarnings
  /** What is said behind the last words of a server that ends. */
  readonly context?: string
}

export const sidesOfComparison = 2

/**
 * Starts the servers that are commands, floods both in turns, and ends them.
 * @throws {WsLoadError} as `compare`
 */
export async function floodBothSides(
  { base, head, load, fanOut }: BothSides,
  { maxDuration, first = 'base', warnings = new TargetWarnings(), context, ...watched }: FloodOfPair,
): Promise<SideBySidePair> {
  const targets = new Map<ResolvedSide, RunningTarget>()
  let runs: readonly LoadResult[] = []
  try {
    for (const side of first === 'base' ? [base, head] : [head, base]) {
      if (!('command' in side)) continue
      const target = await startTarget(side, load, watched.signal)
      targets.set(side, target)
      warnings.watch(target, context)
    }
    const duration = maxDuration / sidesOfComparison
    const floodOfSide = (side: ResolvedSide): SettledOptions => ({
      ...floodOf(load, side.url, duration, fanOut),
      server: load.server !== false && 'server' in side ? side.server : load.server,
    })
    const [baseRun, headRun] = await runSideBySide([floodOfSide(base), floodOfSide(head)], {
      ...watched,
      families: [base, head].map((side) => targets.get(side)?.family),
    })
    runs = [baseRun, headRun]
    return { base: baseRun, head: headRun }
  } finally {
    await warnings.stop([...targets.values()], runs)
  }
}
