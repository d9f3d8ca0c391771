import type { CapacityResult } from '../capacity/capacity.ts'
import { isCutShort } from '../capacity/findings.ts'
import type { ChangeVerdict } from '../gate/comparison.ts'
import type { SLOVerdict, Verdict } from '../slo/verdict.ts'
import type { LoadResult } from '../result/load-result.ts'
import { whyInvalid } from '../slo/evaluate.ts'
import { describeSurplus } from '../slo/surplus.ts'
import { complain } from './complain.ts'

/** What the process says with its exit code. */
export const exitCode = {
  fine: 0,
  missed: 1,
  usage: 2,
  unclear: 3,
  /** An output that was asked for could not be written. */
  unwritten: 4,
  /** It could not run here, or has a bug. */
  failed: 5,
  /** By SIGHUP, Ctrl-C or SIGTERM, as shells have it. */
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const

/** Of a command that could not write some of what was asked for: a verdict that is red already says more. */
export function exitAfter(code: number, unwritten: readonly string[]): number {
  for (const line of unwritten) complain(`error: ${line}\n`)
  return code === exitCode.fine && unwritten.length > 0 ? exitCode.unwritten : code
}

/** The exit code of a comparison. */
export function exitCodeOf(verdict: ChangeVerdict): number {
  if (verdict === 'slower') return exitCode.missed
  return verdict === 'unclear' ? exitCode.unclear : exitCode.fine
}

/** Of a run, and what an SLO says of it. */
export function exitCodeOfRun(summary: LoadResult, verdict: SLOVerdict | undefined): number {
  if (verdict?.verdict === 'fail') return exitCode.missed
  return verdict?.verdict === 'inconclusive' || saysNothing(summary) ? exitCode.unclear : exitCode.fine
}

/** Of a search for a capacity, and whether a load is sustained, if that was asked. */
export function exitCodeOfCapacity(capacity: CapacityResult, sustained: Verdict | undefined): number {
  const { low, high } = capacity
  const found = low > 0 ? 'pass' : high < Infinity ? 'fail' : 'inconclusive'
  const outcome = sustained ?? (isCutShort(capacity) ? 'inconclusive' : found)
  return { pass: exitCode.fine, fail: exitCode.missed, inconclusive: exitCode.unclear }[outcome]
}

/** Nothing was measured, or not of all that was to be: whatever the figures are, they are those of something else. */
function saysNothing(summary: LoadResult): boolean {
  const hasGone = summary.ended === 'disconnected' || summary.ended === 'stalled'
  return hasGone || whyInvalid(summary) !== undefined || describeSurplus(summary) !== undefined
}
