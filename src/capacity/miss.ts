import type { LoadResult } from '../result/load-result.ts'
import { describeEarlyEnds, describeFaults, describeOpened } from '../slo/fault.ts'
import { findIndicator } from '../slo/indicator.ts'
import type { Objective } from '../slo/objective.ts'
import type { SLOVerdict } from '../slo/verdict.ts'

/** Indicators of what becomes of connections. */
const ofConnections = ['opened', 'closedEarly', 'connectErrorRate']
const ofAnswers = /^(?:ERROR_ANSWER|PROBE_)/
/** The highest percentile that stands beside a load. */
const highestColumn = 99

/**
 * Why a load is not kept. What became of its connections comes first, with the fault that they ended with: less of a rate would change
 * nothing about it.
 */
export function reasonsOf(result: LoadResult, { verdict, reasons, objectives }: SLOVerdict): readonly string[] {
  if (verdict !== 'fail') return reasons
  const lost = objectives.find(
    (one) => one.level === 'fail' && one.verdict === 'fail' && ofConnections.includes(one.indicator),
  )
  const first = result.ended === 'disconnected' ? reasons[0] : lost?.reason
  if (first === undefined) return reasons
  const fault = faultOfConnections(result)
  const others = reasons.filter((reason) => reason !== first && !fault.includes(reason))
  return [[first, ...fault].join(', '), ...others]
}

/** The most frequent one that is not of answers. */
function faultOfConnections({ errors }: LoadResult): string[] {
  const ofConnections = Object.entries(errors).filter(([code]) => !ofAnswers.test(code))
  return describeFaults(Object.fromEntries(ofConnections)).slice(0, 1)
}

/** Whether a load was missed for what became of its connections. */
export function isOfConnections(reason: string, { ended, connections }: LoadResult): boolean {
  const beginnings = [
    describeOpened(connections),
    describeEarlyEnds(connections),
    ...ofConnections.map((name) => `${name} is `),
  ]
  return ended === 'disconnected' || beginnings.some((beginning) => reason.startsWith(beginning))
}

/** Whether a reason is seen beside its load: a p99 is no lower than percentiles below it, but that of the worst stretch may be higher. */
export function isInColumns(reason: string, objectives: readonly Pick<Objective, 'indicator' | 'bound'>[]): boolean {
  return objectives.some(
    ({ indicator, bound }) =>
      reason.startsWith(`${indicator} is `) && hasColumn(indicator) && !bound.includes(' over any '),
  )
}

function hasColumn(indicator: string): boolean {
  if (indicator === 'errorRate' || indicator === 'throughput') return true
  const statistic = findIndicator(indicator)?.statistic
  return statistic?.type === 'percentile' && statistic.of === 'latency' && statistic.percentile <= highestColumn
}
