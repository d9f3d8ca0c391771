import { WsLoadError } from '../errors.ts'
import type { LoadResult } from '../stats/result.ts'
import { startEmbedded } from '../target/embedded.ts'
import { endWhenDecided } from './look.ts'
import { checkMachineLimits } from './machine-limits.ts'
import { resolveOptions, type WsLoadOptions } from './options.ts'
import { planThreads } from './plan.ts'
import { summarize } from './summarize.ts'
import { LoadThreads } from './threads.ts'

// Taken when the module loads: a test's fake timers do not change when a run began.
const { now } = Date

/**
 * Floods a WebSocket target with pings and returns what was measured. Without a `url` the target is an embedded echo
 * server in a process of its own.
 *
 * What happens on the wire never throws: faults are counted in the result.
 *
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`, `WSLOAD_ERR_ABORTED` if `signal` was aborted before the start,
 * `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_THREAD_CRASHED`
 */
export async function run(options: WsLoadOptions = {}): Promise<LoadResult> {
  const resolved = resolveOptions(options)
  if (options.signal?.aborted) throw aborted(options.signal)
  checkMachineLimits(resolved)
  const embedded = resolved.url === undefined ? await startEmbedded() : undefined
  const url = resolved.url ?? embedded!.url
  const settled = { ...resolved, url }
  const threads = new LoadThreads(planThreads(resolved, url))
  const abort = (): void => threads.abort()
  options.signal?.addEventListener('abort', abort, { once: true })
  // It may have been aborted while the embedded server was starting.
  if (options.signal?.aborted) abort()
  try {
    await threads.connected()
    const startedAt = new Date(now() + resolved.warmup)
    const begin = threads.start() + resolved.warmup
    const looks = await endWhenDecided({ threads, options: settled, begin, startedAt })
    return summarize(await threads.done(), settled, startedAt, looks)
  } finally {
    options.signal?.removeEventListener('abort', abort)
    await threads.terminate()
    await embedded?.stop()
  }
}

function aborted(signal: AbortSignal): WsLoadError {
  return new WsLoadError('WSLOAD_ERR_ABORTED', 'wsLoad: the signal was aborted before the run started', {
    cause: signal.reason,
  })
}
