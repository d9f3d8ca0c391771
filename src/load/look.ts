import { clearTimeout, setTimeout } from 'node:timers'
import { isDecided } from '../slo/evaluate.ts'
import { parseSLO, type SLO } from '../slo/objective.ts'
import { lookTimes } from '../stats/looks.ts'
import type { LoadResult } from '../stats/result.ts'
import type { ResolvedOptions } from './options.ts'
import type { Snapshot } from './snapshot.ts'
import { summarize } from './summarize.ts'
import type { LoadThreads } from './threads.ts'

type Looks = LoadResult['looks']

/** A run under way. */
interface RunUnderWay {
  readonly threads: LoadThreads
  readonly options: ResolvedOptions
  /** When the measured window begins, in milliseconds of `process.uptime()`. */
  readonly begin: number
  readonly startedAt: Date
}

/**
 * Looks at a run now and then, and ends it as soon as its `until` is decided. Resolves with the look that the final
 * verdict is, of how many were planned: the one that decided the run, or the one at its end.
 */
export async function endWhenDecided(run: RunUnderWay): Promise<Looks> {
  const { threads, begin, options } = run
  const { until, duration } = options
  if (until === undefined) return { taken: 1, planned: 1 }
  const times = lookTimes(duration)
  const overdueAfter = patienceOf(until)
  for (const [nth, time] of times.slice(0, -1).entries()) {
    const looks = { taken: nth + 1, planned: times.length }
    if (await endsBefore(begin + time, threads.done())) return looks
    const result = resultSoFar(await threads.look(overdueAfter), run, looks)
    if (!isDecided(result, until)) continue
    threads.finish()
    return looks
  }
  return { taken: times.length, planned: times.length }
}

/**
 * The age in milliseconds at which an unanswered ping has missed every limit on a latency. It is not lost before its
 * timeout, so where the SLO has a bound on that, none has.
 */
function patienceOf(until: SLO): number {
  const objectives = parseSLO(until)
  if (objectives.some(({ indicator }) => indicator === 'lost' || indicator === 'errorRate')) return Infinity
  const latencies = objectives.filter(
    ({ kind, indicator }) => kind === 'duration' && !indicator.startsWith('handshake.'),
  )
  return latencies.length === 0 ? Infinity : Math.max(...latencies.map(({ limit }) => limit))
}

/** The result as if the run had ended now. Pings under way are left out, but the generator did offer them. */
function resultSoFar(snapshots: readonly Snapshot[], { options, startedAt }: RunUnderWay, looks: Looks): LoadResult {
  const result = summarize(snapshots.map(withoutIntervals), options, startedAt, looks)
  const underway = snapshots.reduce((sum, snapshot) => sum + snapshot.underway, 0)
  const offered = result.offeredRate * (1 + underway / Math.max(1, result.pings.sent))
  return { ...result, offeredRate: offered }
}

/** Verdicts do not need them, and a server in this process waits while they are computed. */
function withoutIntervals(snapshot: Snapshot): Snapshot {
  return { ...snapshot, recording: { ...snapshot.recording, intervals: [] } }
}

/** Resolves at `time` (milliseconds of `process.uptime()`) with `false`, or with `true` when `end` comes before. */
async function endsBefore(time: number, end: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const reached = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, time - process.uptime() * 1_000, false)
  })
  try {
    return await Promise.race([reached, end.then(() => true)])
  } finally {
    clearTimeout(timer)
  }
}
