import { exitCode } from './exit-code.ts'

/**
 * Runs something that the first Ctrl-C ends early; the second one quits. A first one that comes later, while the result is
 * written, changes nothing: what was measured is not lost for the last moment.
 */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<{ readonly result: Result; readonly interrupted: boolean }> {
  const interrupt = new AbortController()
  const onInterrupt = (): void => {
    if (interrupt.signal.aborted) process.exit(exitCode.interrupted)
    interrupt.abort()
  }
  process.on('SIGINT', onInterrupt)
  const result = await work(interrupt.signal)
  return { result, interrupted: interrupt.signal.aborted }
}
