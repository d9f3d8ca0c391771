import { exitCode } from './exit-code.ts'

/** Runs something that the first Ctrl-C ends early; the second one quits. */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<{ readonly result: Result; readonly interrupted: boolean }> {
  const interrupt = new AbortController()
  const onInterrupt = (): void => {
    if (interrupt.signal.aborted) process.exit(exitCode.interrupted)
    interrupt.abort()
  }
  process.on('SIGINT', onInterrupt)
  try {
    const result = await work(interrupt.signal)
    return { result, interrupted: interrupt.signal.aborted }
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}
