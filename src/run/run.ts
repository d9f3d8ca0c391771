import { evaluateObjectives, isDecided } from '../slo/evaluate.ts'
import type { Objective } from '../slo/objective.ts'
import type { LoadResult } from '../result/load-result.ts'
import { startEmbedded } from '../server/embedded.ts'
import type { ResolvedOptions } from '../options/options.ts'
import { latencyDeadline } from '../slo/deadline.ts'
import type { Decision } from './interim-looks.ts'
import { checkSignal, runSideBySide, type SideBySide } from './side-by-side.ts'

/**
 * Floods a WebSocket target with pings and returns what was measured. Without a `url` the target is an embedded echo
 * server in a process of its own.
 *
 * What happens on the wire never throws: faults are counted in the result.
 *
 * @throws {WsLoadError} `WSLOAD_ERR_ABORTED` if `signal` was aborted before the start, `WSLOAD_ERR_MACHINE_LIMIT`,
 * `WSLOAD_ERR_THREAD_CRASHED`, `WSLOAD_ERR_UNSUPPORTED_PLATFORM`, `WSLOAD_ERR_INVALID_OPTIONS` if a load thread cannot
 * use the probe
 */
export async function run(
  options: ResolvedOptions,
  { signal, watcher }: Pick<SideBySide, 'signal' | 'watcher'> = {},
): Promise<LoadResult> {
  checkSignal(signal)
  const embedded = options.url === undefined ? await startEmbedded() : undefined
  const settled = { ...options, url: options.url ?? embedded!.url }
  try {
    const [result] = await runSideBySide([settled], { signal, watcher, decision: decisionOf(options) })
    return result
  } finally {
    await embedded?.stop()
  }
}

/** What ends a run with `until`. */
function decisionOf({ until }: ResolvedOptions): Decision<readonly [LoadResult]> | undefined {
  if (until === undefined) return undefined
  const { objectives } = until
  return {
    overdueAfter: latencyDeadline(objectives),
    isReached: ([result]) => isDecided(result, objectives),
    settle: ([result], [atLook]) => [atLookOrEnd(result, atLook, objectives)],
  }
}

/**
 * The result of a run that a look has ended. A look makes work for the threads that it looks at, and may so have saturated
 * the generator. A server that had missed its SLO before then has missed it nevertheless: the generator is judged by what it
 * did until the look.
 */
export function atLookOrEnd(atEnd: LoadResult, atLook: LoadResult, objectives: readonly Objective[]): LoadResult {
  const isByTheLook = atEnd.generator.saturated && !atLook.generator.saturated
  return isByTheLook && evaluateObjectives(atLook, objectives).verdict === 'fail'
    ? { ...atEnd, generator: atLook.generator }
    : atEnd
}
