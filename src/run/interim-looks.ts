import { clearTimeout, setTimeout } from 'node:timers'
import { lookTimes } from '../statistics/interim-looks.ts'
import type { LoadResult } from '../result/load-result.ts'
import type { ResolvedOptions } from '../options/options.ts'
import type { Snapshot } from '../generator/flood-report.ts'
import type { LoadGenerator, SeenAgent } from '../generator/load-generator.ts'
import type { Observer } from './observer.ts'
import { summarize } from './summarize.ts'

type Looks = LoadResult['looks']

/** The look at the end of a run of `longest` milliseconds that none of its interim looks has ended. */
export function lastLook(longest: number): Looks {
  const planned = lookTimes(longest).length
  return { taken: planned, planned }
}

/** Options of a flood whose target is known. */
export type SettledOptions = ResolvedOptions & { readonly url: string }

/** A result for each flood. */
export type ResultsOf<Floods extends readonly unknown[]> = { readonly [Nth in keyof Floods]: LoadResult }

/** What ends a run before its time. */
export interface Decision<Results = readonly LoadResult[]> {
  /** Unanswered pings older than this many milliseconds count as lost. */
  readonly overdueAfter: number
  /** Whether enough is known; asked with what each flood has measured by now, as if it had ended. */
  readonly isReached: (results: Results) => boolean
  /**
   * Where what is under way may be lost, and is not known to be: whether the decision holds as well if all that has been under way for longer
   * than any answer has taken is.
   */
  readonly doubt?: {
    /** Milliseconds after which it is; `undefined` of a decision that does not depend on it. */
    readonly overdueAfter: (results: Results) => number | undefined
    readonly isDispelled: (results: Results) => boolean
  }
  /** The results at the end of a run that a look ended, given what it had measured by that look. */
  readonly settle?: (results: Results, atLook: Results) => Results
}

/** The look that the final verdict of a run is, and what was measured by then if it ended the run. */
interface LastLook {
  readonly looks: Looks
  readonly results?: readonly LoadResult[]
}

/** A run under way. */
interface RunUnderWay {
  readonly generator: LoadGenerator
  readonly floods: readonly SettledOptions[]
  /** When the measured window begins, in milliseconds of `process.uptime()`. */
  readonly begin: number
  /** Milliseconds that it may take. */
  readonly longest: number
  readonly startedAt: Date
  readonly observer: Observer
}

/**
 * Looks at a run now and then, and ends it as soon as it is decided. Resolves with the look that decided the run, or with
 * the one at its end.
 */
export async function endWhenDecided(decision: Decision, run: RunUnderWay): Promise<LastLook> {
  const { generator, begin, longest } = run
  const times = lookTimes(longest)
  for (const [nth, time] of times.slice(0, -1).entries()) {
    const looks = { taken: nth + 1, planned: times.length }
    if (await endsBefore(begin + time, generator.done())) return { looks }
    const found = await lookAt(run, looks, decision.overdueAfter)
    if (found === undefined) return { looks }
    if (!decision.isReached(found)) continue
    const overdueAfter = decision.doubt?.overdueAfter(found)
    if (overdueAfter !== undefined) {
      const doubtful = await lookAt(run, looks, overdueAfter)
      if (doubtful === undefined) return { looks }
      if (!decision.doubt!.isDispelled(doubtful)) continue
    }
    generator.finish()
    return { looks, results: found }
  }
  return { looks: lastLook(longest) }
}

/** What each flood has measured by now; `undefined` if the run has ended. */
async function lookAt(run: RunUnderWay, looks: Looks, overdueAfter: number): Promise<LoadResult[] | undefined> {
  const { generator, begin, observer, floods, startedAt } = run
  const snapshots = await generator.snapshot(overdueAfter)
  if (snapshots === undefined) return undefined
  const agents = generator.agents(begin)
  return observer.observed(
    floods.map((options, side) => resultSoFar(snapshots[side]!, options, { startedAt, looks, agents: agents?.[side] })),
  )
}

/** The result as if the run had ended now. Pings under way are left out, but the generator did offer them. */
function resultSoFar(
  snapshots: readonly Snapshot[],
  options: ResolvedOptions,
  { startedAt, looks, agents }: { startedAt: Date; looks: Looks; agents: readonly SeenAgent[] | undefined },
): LoadResult {
  const result = summarize(snapshots, options, startedAt, looks, agents)
  const underway = snapshots.reduce((sum, snapshot) => sum + snapshot.underway, 0)
  const offered = result.offeredRate * (1 + underway / Math.max(1, result.pings.sent))
  return { ...result, offeredRate: offered }
}

/** Resolves at `time` (milliseconds of `process.uptime()`) with `false`, or with `true` when `end` comes before. */
async function endsBefore(time: number, end: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const reached = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, time - process.uptime() * 1_000), false)
  })
  try {
    return await Promise.race([reached, end.then(() => true)])
  } finally {
    clearTimeout(timer)
  }
}
