import { checkSignal } from '../errors.ts'
import { evaluateObjectives, isDecided, isFallingBehind, passesSoFar } from '../slo/evaluate.ts'
import type { Objective } from '../slo/objective.ts'
import type { ObjectiveVerdict, SLOVerdict } from '../slo/verdict.ts'
import type { LoadResult } from '../result/load-result.ts'
import type { Family } from '../server/descendants.ts'
import { startEmbedded } from '../server/embedded.ts'
import type { ResolvedOptions } from '../options/options.ts'
import { dependsOnSettling, isOfFirst, latencyDeadline } from '../slo/deadline.ts'
import { meetsAsMeasured, missesAsMeasured } from '../slo/judge.ts'
import type { Decision } from './interim-looks.ts'
import { runSideBySide, type SideBySide } from './side-by-side.ts'

/** Who watches {@link run}, and may end it before its time. */
export interface RunWatch extends Pick<SideBySide, 'signal' | 'watcher'> {
  /** By which the processes of the server are known, if this package has started it. */
  readonly family?: Family | undefined
  /** Whether a run with `until` ends, given what it has measured by now. Default: once it is decided. */
  readonly isOver?: (result: LoadResult) => boolean
}

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
  { signal, watcher, family, isOver }: RunWatch = {},
): Promise<LoadResult> {
  checkSignal(signal)
  const embedded = options.url === undefined ? await startEmbedded() : undefined
  const settled = { ...options, url: options.url ?? embedded!.url }
  try {
    const [result] = await runSideBySide([settled], {
      signal,
      watcher,
      families: [family],
      decision: decisionOf(options, isOver),
    })
    return result
  } finally {
    await embedded?.stop()
  }
}

/** What ends a run with `until`. */
function decisionOf(
  { until }: ResolvedOptions,
  isOver: RunWatch['isOver'],
): Decision<readonly [LoadResult]> | undefined {
  if (until === undefined) return undefined
  const { objectives } = until
  return {
    overdueAfter: latencyDeadline(objectives),
    isReached: ([result]) => isOver?.(result) ?? isDecided(result, objectives),
    ...(dependsOnSettling(objectives) && {
      doubt: {
        overdueAfter: ([result]) => (passesSoFar(result, objectives) ? result.latency.max : undefined),
        isDispelled: ([result]) => passesSoFar(result, objectives),
      },
    }),
    settle: ([result], [atLook]) => [atLookOrEnd(result, atLook, objectives)],
  }
}

/**
 * The result of a run that a look has ended. The verdict is that of the look:
 * - A look makes work for the threads that it looks at, and may so have saturated the generator. A server that had missed its
 *   SLO before then has missed it nevertheless: the generator is judged by what it did until the look.
 * - The answers to pings that were under way may come so close together that all of them tell less than those before. Where
 *   they meet the SLO as well, or miss what had been missed, the run is what it was at the look, but for its seconds, which
 *   are those of its end. But a look does not know of the messages that nobody has yet.
 *
 * What has come in since stands where it shows that the run says nothing: messages that answer nothing, or an abort.
 */
export function atLookOrEnd(atEnd: LoadResult, atLook: LoadResult, objectives: readonly Objective[]): LoadResult {
  const end = evaluateObjectives(atEnd, objectives)
  if (end.verdict !== 'inconclusive' || end.vacuous) return atEnd
  const look = evaluateObjectives(atLook, objectives)
  if (look.verdict === 'pass' && boundsOf(end).some(isOfFirst)) return atEnd
  const isSaturatedByTheLook = atEnd.generator.saturated && !atLook.generator.saturated
  if (look.verdict === 'fail' && isSaturatedByTheLook) return { ...atEnd, generator: atLook.generator }
  const meetsStill = (): boolean => boundsOf(end).every(meetsAsMeasured) && !isFallingBehind(atEnd, objectives)
  const isConfirmed = look.verdict === 'pass' ? meetsStill() : missesStill(end, look)
  return isConfirmed ? withIntervalsOf(atEnd, atLook) : atEnd
}

/** Looks have none; and their rate is that of the pings under way, too, which they leave out. */
export function withIntervalsOf({ intervals, fanOut: messages }: LoadResult, look: LoadResult): LoadResult {
  const atLook = { ...look, offeredRate: (look.pings.sent * 1_000) / look.duration }
  const { fanOut } = atLook
  if (fanOut === undefined || messages === undefined) return { ...atLook, intervals }
  const first = { ...fanOut.first, intervals: messages.first.intervals }
  const completion = { ...fanOut.completion, intervals: messages.completion.intervals }
  return { ...atLook, intervals, fanOut: { ...fanOut, first, completion } }
}

/** Those that a verdict depends on. */
function boundsOf({ objectives }: SLOVerdict): ObjectiveVerdict[] {
  return objectives.filter(({ level }) => level === 'fail')
}

/** Whether all that a look found to be missed is missed by what was measured to the end. */
function missesStill(end: SLOVerdict, look: SLOVerdict): boolean {
  const missed = boundsOf(look).filter(({ verdict }) => verdict === 'fail')
  const atEnd = missed.map(({ indicator, bound }) =>
    boundsOf(end).find((one) => one.indicator === indicator && one.bound === bound),
  )
  return missed.length > 0 && atEnd.every((objective) => objective !== undefined && missesAsMeasured(objective))
}
