import type { LoadResult } from '../stats/result.ts'
import { formatCount, formatDuration } from '../units.ts'
import { formatBracket, type Bracket } from './bracket.ts'
import { describeFaults } from './fault.ts'
import { findIndicator, kinds } from './indicator.ts'
import { type Comparison, type Objective, parseSLO, type SLO } from './objective.ts'

export type Verdict = 'pass' | 'fail' | 'inconclusive'

/** How one bound was judged. Numbers are in the unit that `kind` says, `NaN` where nothing was measured. */
export interface ObjectiveVerdict extends Objective, Bracket {
  readonly verdict: Verdict
  /**
   * Distance to the limit, negative when it is missed: from the bracket's worse end on a pass, from its better end on a
   * fail, so that it is what is sure.
   */
  readonly margin: number
  /** The same as a share of the limit, positive when it is missed: 0.36 is 36 % beyond; infinite beyond a limit of 0. */
  readonly excess: number
  readonly reason: string
}

/** Whether a run met an SLO. */
export interface SLOVerdict {
  readonly verdict: Verdict
  /** Why it is not a pass, what matters most first; empty on a pass. */
  readonly reasons: readonly string[]
  readonly objectives: readonly ObjectiveVerdict[]
}

/**
 * Judges a run by an SLO.
 *
 * An objective passes when the worse end of its bracket meets the bound, fails when even the better end misses it, and
 * is inconclusive in between: a server is never failed for what the generator cannot rule out, nor passed for what it
 * cannot promise. Pings that timed out or were lost are infinitely slow, coalesced ones do not count; pings that were
 * due but never sent keep a response time from passing, not from failing. What a saturated generator may have done
 * itself fails nothing: rates it did not reach, pings it dropped, that left late or that timed out.
 *
 * A run is never passed for something it did not do:
 * - nothing was answered, or the run was aborted: everything is inconclusive;
 * - an indicator has no value: that objective is inconclusive;
 * - fewer connections opened than were requested, or some ended before the run did: fail, unless the SLO itself has a
 *   bound on `opened` or `closedEarly`;
 * - every connection was gone before the run's end: fail.
 *
 * The verdict is fail if anything failed, else inconclusive if anything was, else pass.
 * @throws {WsLoadError} WSLOAD_ERR_INVALID_SLO, see {@link parseSLO}
 */
export function evaluateSLO(result: LoadResult, slo: SLO): SLOVerdict {
  const objectives = parseSLO(slo)
  const invalid = whyInvalid(result)
  const worstFault = describeFaults(result.errors).slice(0, 1)
  if (invalid !== undefined) {
    const verdicts = objectives.map((objective) => judge(result, objective, invalid))
    return { verdict: 'inconclusive', reasons: [invalid, ...worstFault], objectives: verdicts }
  }
  const implied = judgeConnections(result).filter(
    ({ indicator, verdict }) => verdict !== 'pass' && !Object.hasOwn(slo, indicator),
  )
  const verdicts = [...objectives.map((objective) => judge(result, objective)), ...implied]
  const missed = verdicts.filter(({ verdict }) => verdict !== 'pass')
  const undecided = missed.some(({ verdict }) => verdict === 'inconclusive')
  const gone = `every connection was gone ${formatDuration(result.duration)} into the measured window`
  const reasons = new Set([
    ...(undecided ? result.generator.reasons : []),
    ...(result.ended === 'disconnected' ? [gone, ...worstFault] : []),
    ...missed.map(({ reason }) => reason),
  ])
  const failed = result.ended === 'disconnected' || missed.some(({ verdict }) => verdict === 'fail')
  return {
    verdict: failed ? 'fail' : undecided ? 'inconclusive' : 'pass',
    reasons: [...reasons],
    objectives: verdicts,
  }
}

function judge(result: LoadResult, objective: Objective, invalid?: string): ObjectiveVerdict {
  const { better, read } = findIndicator(objective.indicator)!
  const { doubt, ...bracket } = read(result)
  const [best, worst] = better === 'lower' ? [bracket.floor, bracket.ceiling] : [bracket.ceiling, bracket.floor]
  const unknown = invalid ?? (Number.isNaN(best + worst) ? `${objective.indicator}: nothing was measured` : undefined)
  const verdict = unknown === undefined ? decide(objective, best, worst) : 'inconclusive'
  const sure = verdict === 'pass' ? worst : verdict === 'fail' ? best : bracket.measured
  const margin = better === 'lower' ? objective.limit - sure : sure - objective.limit
  return {
    ...objective,
    ...bracket,
    verdict,
    margin,
    excess: margin === 0 ? 0 : -margin / objective.limit,
    reason: unknown ?? (verdict === 'inconclusive' ? `${objective.indicator}: ${doubt}` : describe(objective, bracket)),
  }
}

function decide({ comparison, limit }: Objective, best: number, worst: number): Verdict {
  if (holds(worst, comparison, limit)) return 'pass'
  return holds(best, comparison, limit) ? 'inconclusive' : 'fail'
}

function describe({ indicator, kind, bound }: Objective, bracket: Bracket): string {
  return `${indicator} is ${formatBracket(bracket, kinds[kind].format)}, the limit is ${bound}`
}

function holds(value: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
  }
}

function judgeConnections(result: LoadResult): ObjectiveVerdict[] {
  const { requested, opened, closedEarly } = result.connections
  const open = {
    indicator: 'opened',
    kind: 'count',
    comparison: '>=',
    limit: requested,
    bound: `>= ${requested}`,
  } as const
  const kept = { indicator: 'closedEarly', kind: 'count', comparison: '<=', limit: 0, bound: '<= 0' } as const
  const [have, ended, wanted] = [opened, closedEarly, requested].map(formatCount)
  return [
    { ...judge(result, open), reason: `${have} of ${wanted} connections opened` },
    { ...judge(result, kept), reason: `${ended} of ${wanted} connections ended before the run did` },
  ]
}

/** Why a run says nothing about its target, if it does not. */
function whyInvalid({ pings, connections, ended, duration }: LoadResult): string | undefined {
  const aborted =
    ended === 'aborted' ? [`the run was aborted ${formatDuration(duration)} into its measured window`] : []
  if (pings.answered > 0) return aborted[0]
  const opened = `${formatCount(connections.opened)} of ${formatCount(connections.requested)} connections opened`
  const unanswered = pings.sent === 0 ? 'no ping was sent' : `none of ${formatCount(pings.sent)} pings was answered`
  return [`nothing was measured, ${opened}`, unanswered, ...aborted].join(', ')
}
