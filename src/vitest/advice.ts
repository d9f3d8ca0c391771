import { defaults } from '../defaults.ts'
import type { LoadResult } from '../result/load-result.ts'
import { longestNeeded } from '../slo/duration-needed.ts'
import type { SLOVerdict } from '../slo/verdict.ts'
import { formatDuration } from '../units.ts'

/**
 * What to change in a test so that its run becomes as long as a verdict takes, and its timeout longer than that.
 * @param timeout of the test in milliseconds; 0 for none, `undefined` if it is not known
 * @returns `undefined` where a longer run is not what is missing
 */
export function adviseOptions(
  { options }: Pick<LoadResult, 'options'>,
  verdict: SLOVerdict,
  timeout = 0,
): string | undefined {
  const needed = longestNeeded(verdict)
  if (needed === undefined) return undefined
  const endsEarly = options.until !== undefined
  const maxDuration = endsEarly ? needed : Math.max(needed, defaults.maxDuration)
  const option = `maxDuration: '${maxDuration / 1_000}s'`
  const longest = (options.warmup ?? 0) + maxDuration
  return [
    endsEarly ? `take ${option}` : 'let the run end when it is decided: take until instead of a fixed length',
    ...(endsEarly || maxDuration === defaults.maxDuration ? [] : [`with ${option}`]),
    ...(timeout > 0 && longest >= timeout
      ? [`with a test timeout of more than ${formatDuration(longest)}, it is ${formatDuration(timeout)}`]
      : []),
  ].join(', ')
}
