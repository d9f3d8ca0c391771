import { checkSignal } from '../errors.ts'
import type { CapacityResult } from '../capacity/capacity.ts'
import type { CapacityStep } from '../capacity/step.ts'
import { compareCapacities, type CapacityVerdict } from '../capacity/compare.ts'
import type { ResolvedCapacityComparison } from '../options/capacity.ts'
import type { ResolvedSide } from '../options/compare.ts'
import { type RunningTarget, startTarget } from '../server/command.ts'
import { CapacitySearch, type CapacityWatch } from './capacity-search.ts'
import { TargetWarnings } from './target-warnings.ts'

/** What {@link compareCapacity} found out. */
export interface ComparedSearches {
  readonly base: CapacityResult
  readonly head: CapacityResult
  readonly verdict: CapacityVerdict
}

/** Who watches {@link compareCapacity}. */
export interface CapacityComparisonWatch extends Omit<CapacityWatch, 'family' | 'onStep'> {
  /** Told of each load when it is over. */
  readonly onStep?: ((side: 'base' | 'head', step: CapacityStep) => void) | undefined
}

/**
 * Looks for the capacities of two servers, a load of the one and a load of the other in turns, until it is clear whether the head's is
 * lower than the base's, or both are known.
 *
 * @throws {WsLoadError} as `compare`
 */
export async function compareCapacity(
  { base, head, search, tolerance }: ResolvedCapacityComparison,
  { onStep, ...watch }: CapacityComparisonWatch = {},
): Promise<ComparedSearches> {
  checkSignal(watch.signal)
  const targets: RunningTarget[] = []
  const warnings = new TargetWarnings()
  // The two intervals are both right as often as asked for.
  const load = { ...search.load, confidence: 1 - (1 - search.load.confidence) / 2 }
  const begin = async (side: ResolvedSide, name: 'base' | 'head'): Promise<CapacitySearch> => {
    const target = 'command' in side ? await startTarget(side, load, watch.signal) : undefined
    if (target !== undefined) {
      targets.push(target)
      warnings.watch(target)
    }
    const server = load.server !== false && 'server' in side ? side.server : load.server
    const options = { ...search, load: { ...load, server }, url: side.url }
    const own = { ...watch, family: target?.family, onStep: (step: CapacityStep) => onStep?.(name, step) }
    return new CapacitySearch(options, own)
  }
  try {
    const searches = { base: await begin(base, 'base'), head: await begin(head, 'head') }
    await searches.base.begin()
    await searches.head.begin()
    const judge = (): CapacityVerdict => compareCapacities(searches.base.found, searches.head.found, tolerance)
    const both = async (ask: (search: CapacitySearch) => Promise<boolean>): Promise<boolean> => {
      const ofBase = await ask(searches.base)
      return (await ask(searches.head)) || ofBase
    }
    for (;;) {
      while (judge().verdict === 'unclear' && (await both((search) => search.step())));
      // A head is slower by what it missed, and as good, or better, by what its base did.
      const { verdict } = judge()
      if (verdict === 'unclear' || !(await searches[verdict === 'slower' ? 'head' : 'base'].confirmMiss())) break
    }
    return { base: searches.base.found, head: searches.head.found, verdict: judge() }
  } finally {
    await warnings.stop(targets)
  }
}
