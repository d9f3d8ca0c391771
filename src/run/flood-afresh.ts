import { WsLoadError } from '../errors.ts'
import type { SideBySidePair } from '../gate/afresh.ts'
import { whySilent } from '../gate/comparable.ts'
import { isHopeless } from '../gate/compare.ts'
import { turnLengthMs } from '../generator/turns.ts'
import type { ResolvedComparison } from '../options/compare.ts'
import type { LoadResult } from '../result/load-result.ts'
import { inSequence } from '../result/sequence.ts'
import { lookRuns } from '../statistics/interim-looks.ts'
import { type ComparisonWatch, floodBothSides, sidesOfComparison } from './both-sides.ts'
import type { Watcher } from './progress.ts'
import { TargetWarnings } from './target-warnings.ts'

/** Pairs of floods as one, and each of them. */
export interface PairsAsOne extends SideBySidePair {
  readonly pairs: readonly SideBySidePair[]
}

/** Both turns of both sides: of whole ones each side has as much. */
const cycleMs = 2 * sidesOfComparison * turnLengthMs

/**
 * Floods two servers in turns, starts both afresh and does so again, until there are no `restarts` left, or a look between two starts
 * finds that the head is slower. A pair that a signal interrupts is left out, but for the first one.
 * @throws {WsLoadError} as `compare`
 */
export async function floodAfresh(
  comparison: ResolvedComparison,
  isSlower: (soFar: PairsAsOne) => boolean,
  watch: ComparisonWatch,
): Promise<PairsAsOne> {
  const starts = comparison.restarts + 1
  const looks = lookRuns(starts)
  const pairs: SideBySidePair[] = []
  const warnings = new TargetWarnings()
  const soFar = (ended: LoadResult['ended']): PairsAsOne => {
    const taken = looks.findLastIndex((look) => look <= pairs.length) + 1
    return asOne(pairs, { looks: { taken: Math.max(1, taken), planned: looks.length }, ended })
  }
  const isAborted = (): boolean => watch.signal?.aborted === true
  while (pairs.length < starts) {
    const pair = await floodNext(comparison, pairs.length, { ...watch, warnings }).catch((error: unknown) => {
      if (pairs.length > 0 && isAborted()) return undefined
      throw ofStart(error, pairs.length + 1, starts)
    })
    if (pair === undefined) return soFar('aborted')
    if (pairs.length === 0 || !isAborted()) pairs.push(pair)
    if (isAborted()) return soFar('aborted')
    const isSilent = [pair.base, pair.head].some((side) => whySilent(side).length > 0)
    if (isSilent || isHopeless([pair.base, pair.head])) return soFar('decided')
    if (pairs.length < starts && looks.includes(pairs.length) && isSlower(soFar('decided'))) return soFar('decided')
  }
  return soFar('completed')
}

/** The next pair of processes. Each time another one of the two is started first, and turns come in another order. */
async function floodNext(
  { restarts, maxDuration, load, ...sides }: ResolvedComparison,
  nth: number,
  { watcher, ...watch }: ComparisonWatch & { readonly warnings: TargetWarnings },
): Promise<SideBySidePair> {
  const cycles = Math.floor(maxDuration / cycleMs)
  const cyclesBefore = (pair: number): number => Math.floor((cycles * pair) / (restarts + 1))
  const later = (cycles - cyclesBefore(nth + 1)) * cycleMs + (restarts - nth) * sidesOfComparison * load.warmup
  return floodBothSides(
    { ...sides, load: { ...load, seed: (load.seed + nth) >>> 0 } },
    {
      ...watch,
      watcher: watcher && countingDown(watcher, later),
      maxDuration: (cyclesBefore(nth + 1) - cyclesBefore(nth)) * cycleMs,
      first: nth % 2 === 0 ? 'base' : 'head',
      context: `\nThat was start ${nth + 1} of ${restarts + 1} (restarts).`,
    },
  )
}

/** @param later milliseconds that follow what the watcher is told of */
function countingDown(watcher: Watcher, later: number): Watcher {
  return {
    ...watcher,
    report: (progress) => watcher.report({ ...progress, remaining: progress.remaining + later }),
  }
}

/** An error, and which start it was. */
function ofStart(error: unknown, nth: number, starts: number): unknown {
  if (nth === 1 || !(error instanceof WsLoadError)) return error
  const message = `${error.message}\nThat was start ${nth} of ${starts} (restarts); the ones before it went well.`
  return new WsLoadError(error.code, message, { cause: error })
}

function asOne(pairs: readonly SideBySidePair[], whole: Pick<LoadResult, 'looks' | 'ended'>): PairsAsOne {
  return {
    base: inSequence(
      pairs.map(({ base }) => base),
      whole,
    ),
    head: inSequence(
      pairs.map(({ head }) => head),
      whole,
    ),
    pairs: [...pairs],
  }
}
