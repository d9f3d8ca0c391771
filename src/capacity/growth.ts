import type { LoadResult } from '../result/load-result.ts'
import { tightestLatencyBound } from '../slo/deadline.ts'
import { decisionRule } from '../slo/evaluate.ts'
import {
  describeGrowth,
  formatGrowth,
  growsSteadily,
  growthOf,
  type GrowthQuestion,
  highestBoundedPercentile,
  negligibleGrowth,
} from '../slo/growth.ts'
import type { Objective } from '../slo/objective.ts'
import type { Verdict } from '../slo/verdict.ts'

/** Response times that grow by less than this share of the precision asked for do not grow as far as that can be told. */
const negligibleShare = 0.1
/** A server may be slow for a moment: growth tells that a load is too much once a flood has lasted for so many milliseconds. */
const leastLastingMs = 5_000
/** What a judgement by growth may err by, as a share of what one by the SLO may. */
export const errorShare = 0.01
/** So few of the pings that were due may have waited for answers to others without anything depending on it. */
const mostHeldBackShare = 0.02

/** By what growth is judged. */
interface GrowthRule {
  /** Of the capacity that is looked for. */
  readonly precision: number
  readonly objectives: readonly Objective[]
}

/**
 * Whether a server keeps up with a load, by how fast response times grow, to a tenth of the precision: `pass` if they surely do not, `fail`
 * if they surely do from the beginning to the end, and the generator has no part in that.
 *
 * @param evidenceShare share of the evidence that has to suffice, above 0 to 1
 */
export function judgeGrowth(result: LoadResult, rule: GrowthRule, evidenceShare = 1): Verdict {
  const question = questionOf(result, rule, evidenceShare)
  const limit = Math.min(negligibleShare * rule.precision, negligibleGrowth)
  if (growthOf(result, question).high < limit) return 'pass'
  const isOfServer = !result.generator.saturated && isAskedEnough(result, rule.objectives)
  const lasts = result.duration >= leastLastingMs && growsSteadily(result, limit, question)
  return lasts && isOfServer ? 'fail' : 'inconclusive'
}

/** Why a server does not keep up with a load, or may not. */
export function explainGrowth(result: LoadResult, rule: GrowthRule, verdict: Exclude<Verdict, 'pass'>): string {
  const { measured, high } = growthOf(result, questionOf(result, rule, 1))
  if (verdict === 'fail') return describeGrowth(measured)
  return high === Infinity || Number.isNaN(high)
    ? 'too little is known to tell whether response times grow'
    : `response times may grow by ${formatGrowth(high)}: it is not sure that the load is kept up with`
}

function questionOf(result: LoadResult, { objectives }: GrowthRule, evidenceShare: number): GrowthQuestion {
  const { falsePass } = decisionRule(result, result.options.confidence, 1, evidenceShare)
  return { percentile: highestBoundedPercentile(objectives) ?? 100, tail: falsePass * errorShare, evidenceShare }
}

/**
 * Whether as many pings were under way as there may be on average while the tightest bound on a latency is kept (Little's law): those that
 * were held back beyond are no excuse.
 */
export function isAskedEnough(
  { generator, pings, duration, options, connections }: LoadResult,
  objectives: readonly Objective[],
): boolean {
  const { maxPendingPongs = Infinity } = options
  const mostUnderWay = (pings.due / duration) * tightestLatencyBound(objectives)
  return generator.heldBack <= mostHeldBackShare * pings.due || maxPendingPongs * connections.opened >= mostUnderWay
}
