import { isDecided } from '../slo/evaluate.ts'
import type { LoadResult } from '../result/load-result.ts'
import { startEmbedded } from '../server/embedded.ts'
import { resolveOptions, type WsLoadOptions } from '../options/options.ts'
import { patienceOf } from '../slo/patience.ts'
import type { Watcher } from './progress.ts'
import { checkSignal, runSideBySide } from './side-by-side.ts'

/**
 * Floods a WebSocket target with pings and returns what was measured. Without a `url` the target is an embedded echo
 * server in a process of its own.
 *
 * What happens on the wire never throws: faults are counted in the result.
 *
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`, `WSLOAD_ERR_ABORTED` if `signal` was aborted before the start,
 * `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_THREAD_CRASHED`
 */
export async function run(options: WsLoadOptions = {}, watcher?: Watcher): Promise<LoadResult> {
  const resolved = resolveOptions(options)
  const { signal } = options
  checkSignal(signal)
  const embedded = resolved.url === undefined ? await startEmbedded() : undefined
  const settled = { ...resolved, url: resolved.url ?? embedded!.url }
  const { until } = resolved
  try {
    const [result] = await runSideBySide([settled], {
      signal,
      watcher,
      ...(until !== undefined && {
        decision: { overdueAfter: patienceOf(until), isReached: ([result]) => isDecided(result!, until) },
      }),
    })
    return result!
  } finally {
    await embedded?.stop()
  }
}
