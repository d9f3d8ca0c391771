import type { TestCase } from 'vitest/node'

/** What Vitest counts of a test: retries over all of its repeats. */
interface Counted {
  readonly retryCount?: number
  readonly repeatCount?: number
}

/** Which attempt at a test is under way, or was its last, from 1. */
export function attemptOf({ retryCount = 0, repeatCount = 0 }: Counted = {}): number {
  return 1 + retryCount + repeatCount
}

/** Which attempt at a test that is over was its last, from 1. */
export function lastAttemptOf(test: TestCase): number {
  return attemptOf(test.diagnostic())
}

/**
 * Whether a test failed at an attempt, from 1; one that was skipped in its midst did not. Where Vitest does not tell, one that was followed by a
 * retry had failed.
 */
export function hasFailedAt(test: TestCase, attempt: number): boolean {
  const told = (test as { attempts?: TestCase['attempts'] }).attempts?.()[attempt - 1]
  if (told !== undefined) return told.state === 'failed'
  const { retryCount = 0 } = test.diagnostic() ?? {}
  return test.result().state === 'failed' || (retryCount > 0 && attempt < lastAttemptOf(test))
}
