import { CommanderError } from 'commander'
import { WsLoadError } from '../errors.ts'
import { exitCode } from './exit-code.ts'

/** Of an error: the run was ended before it had begun. */
export const interruptedEarly = 'ws-load.interrupted'

/** Signals that end a run, and the exit codes that shells have for them. */
const endings = [
  ['SIGHUP', exitCode.hungUp],
  ['SIGINT', exitCode.interrupted],
  ['SIGTERM', exitCode.terminated],
] as const
/** `timeout`, `npx` and a terminal that closes send one signal several times: what comes so soon is no second wish. */
const sameWishMs = 300

/**
 * Runs something that the first Ctrl-C, SIGTERM or SIGHUP ends early; the second one quits. A first one that comes later,
 * while the result is written, changes nothing: what was measured is not lost for the last moment.
 * @returns with the exit code of an interruption, if there was one
 */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<{ readonly result: Result; readonly interrupted: number | undefined }> {
  const interrupt = new AbortController()
  let first: { readonly code: number; readonly at: number } | undefined
  for (const [signal, code] of endings) {
    process.on(signal, () => {
      if (first !== undefined && performance.now() - first.at > sameWishMs) process.exit(code)
      first ??= { code, at: performance.now() }
      interrupt.abort()
    })
  }
  try {
    const result = await work(interrupt.signal)
    return { result, interrupted: first?.code }
  } catch (error) {
    if (first === undefined || !(error instanceof WsLoadError) || error.code !== 'WSLOAD_ERR_ABORTED') throw error
    throw new CommanderError(first.code, interruptedEarly, error.message)
  }
}
