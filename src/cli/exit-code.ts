import type { ChangeVerdict } from '../gate/comparison.ts'

/** What the process says with its exit code. */
export const exitCode = { fine: 0, missed: 1, usage: 2, unclear: 3, interrupted: 130 } as const

/** The exit code of a comparison. */
export function exitCodeOf(verdict: ChangeVerdict): number {
  if (verdict === 'slower') return exitCode.missed
  return verdict === 'unclear' ? exitCode.unclear : exitCode.fine
}
