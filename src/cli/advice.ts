import { defaults } from '../defaults.ts'
import type { LoadResult } from '../result/load-result.ts'
import { longestNeeded } from '../slo/duration-needed.ts'
import type { SLOVerdict } from '../slo/verdict.ts'

/** Which flags make a run as long as a verdict takes; `undefined` where a longer run is not what is missing. */
export function adviseFlags({ options }: Pick<LoadResult, 'options'>, verdict: SLOVerdict): string | undefined {
  const needed = longestNeeded(verdict)
  if (needed === undefined) return undefined
  const flag = `--max-duration ${needed / 1_000}s`
  if (options.until !== undefined) return `take ${flag}`
  const decide = 'let the run end when it is decided: take --decide'
  return needed > defaults.maxDuration ? `${decide} ${flag}` : decide
}
