import type { LoadResult } from '../result/load-result.ts'
import { tightestLatencyBound } from '../slo/deadline.ts'
import { decisionRule } from '../slo/evaluate.ts'
import { describeGrowth, formatGrowth, type Growth, growthOf } from '../slo/growth.ts'
import type { Verdict } from '../slo/verdict.ts'
import type { Objective } from '../slo/objective.ts'

/** Response times that grow by less than this share of the precision asked for do not grow as far as that can be told. */
const negligibleShare = 0.1
/** A server may be slow for a moment: growth tells that a load is too much once it has lasted for so many milliseconds. */
const leastLastingMs = 5_000

/**
 * Whether a server keeps up with a load, by how fast response times grow: `pass` if it surely answers as many pings as are due, `fail` if
 * surely fewer and the generator has no part in that, to a tenth of the precision.
 *
 * @param evidenceShare share of the evidence that has to suffice, above 0 to 1
 */
export function judgeGrowth(
  result: LoadResult,
  { precision, objectives }: { readonly precision: number; readonly objectives: readonly Objective[] },
  evidenceShare = 1,
): Verdict {
  const { low, high } = growthOfStep(result, evidenceShare)
  const limit = negligibleShare * precision
  if (high < limit) return 'pass'
  const isOfServer = !result.generator.saturated && isAskedEnough(result, tightestLatencyBound(objectives))
  return low > limit && isOfServer && result.duration >= leastLastingMs ? 'fail' : 'inconclusive'
}

/** Why a server does not keep up with a load, or may not. */
export function explainGrowth(result: LoadResult, verdict: Exclude<Verdict, 'pass'>): string {
  const { measured, high } = growthOfStep(result, 1)
  if (verdict === 'fail') return describeGrowth(measured)
  return high === Infinity || Number.isNaN(high)
    ? 'too little is known to tell whether response times grow'
    : `response times may grow by ${formatGrowth(high)}: it is not sure that as many pings are answered as are due`
}

function growthOfStep(result: LoadResult, evidenceShare: number): Growth {
  const { falsePass } = decisionRule(result, result.options.confidence, 1, evidenceShare)
  return growthOf(result.slices, falsePass, evidenceShare)
}

/**
 * Whether as many pings were under way as there may be on average while a bound of so many milliseconds is kept (Little's law): those that were
 * held back beyond are no excuse.
 */
function isAskedEnough({ generator, pings, duration, options, connections }: LoadResult, bound: number): boolean {
  const { maxPendingPongs = Infinity } = options
  return generator.heldBack === 0 || maxPendingPongs * connections.opened >= (pings.due / duration) * bound
}
