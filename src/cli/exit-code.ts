import type { ChangeVerdict } from '../gate/comparison.ts'
import type { SLOVerdict } from '../slo/verdict.ts'
import type { LoadResult } from '../result/load-result.ts'

/** What the process says with its exit code. */
export const exitCode = { fine: 0, missed: 1, usage: 2, unclear: 3, interrupted: 130 } as const

/** The exit code of a comparison. */
export function exitCodeOf(verdict: ChangeVerdict): number {
  if (verdict === 'slower') return exitCode.missed
  return verdict === 'unclear' ? exitCode.unclear : exitCode.fine
}

/** Of a run, and what an SLO says of it. */
export function exitCodeOfRun(summary: LoadResult, verdict: SLOVerdict | undefined): number {
  if (verdict?.verdict === 'fail') return exitCode.missed
  return verdict?.verdict === 'inconclusive' || summary.pings.answered === 0 ? exitCode.unclear : exitCode.fine
}
