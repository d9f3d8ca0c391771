import { defaults } from '../defaults.ts'
import type { LoadResult } from '../result/load-result.ts'
import { longestNeeded } from '../slo/duration-needed.ts'
import type { SLOVerdict } from '../slo/verdict.ts'
import { formatDuration } from '../units.ts'

/** What is known of how a flood was tested. */
export interface TestedAs {
  /** Of the test, in milliseconds; 0 for none, `undefined` if it is not known. */
  readonly timeout?: number | undefined
  /** Whether it is a side of a comparison. */
  readonly isCompared?: boolean
  /** Whether it is one of a search for a capacity. */
  readonly isOfSearch?: boolean
}

/**
 * What to change in a test so that its run becomes as long as a verdict takes, and its timeout longer than that.
 * @returns `undefined` where a longer run is not what is missing, or cannot be asked for
 */
export function adviseOptions(
  { options, ended }: Pick<LoadResult, 'options' | 'ended'>,
  verdict: SLOVerdict,
  { timeout = 0, isCompared = false, isOfSearch = false }: TestedAs = {},
): string | undefined {
  const needed = longestNeeded(verdict)
  if (needed === undefined || isOfSearch) return undefined
  if (isCompared) return 'flood the server by itself: a comparison lasts until its own verdict is decided'
  const { until, maxDuration: allowed = defaults.maxDuration } = options
  const [change, usual] =
    until === undefined
      ? ['let the run end when it is decided: take until instead of a fixed length', defaults.maxDuration]
      : ended === 'decided'
        ? ['let the run last until this is decided: give until the same SLO', allowed]
        : [undefined, 0]
  const maxDuration = Math.max(needed, usual)
  const option = `maxDuration: '${maxDuration / 1_000}s'`
  const longest = (options.warmup ?? 0) + maxDuration
  return [
    ...(change === undefined ? [`take ${option}`] : [change]),
    ...(change !== undefined && maxDuration > usual ? [`with ${option}`] : []),
    ...(timeout > 0 && longest >= timeout
      ? [`with a test timeout of more than ${formatDuration(longest)}, it is ${formatDuration(timeout)}`]
      : []),
  ].join(', ')
}
