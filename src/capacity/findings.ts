import type { LoadResult } from '../result/load-result.ts'
import { tightestLatencyBound } from '../slo/deadline.ts'
import type { Objective } from '../slo/objective.ts'
import type { CapacityOver } from './load.ts'
import { mostGrowth, type SearchRange } from './search.ts'
import { type CapacityStep, isStepCutShort } from './step.ts'

/** A bound that has to be kept: `p99`, `< 20ms`, 20, in the unit that `kind` says. */
export type SearchedObjective = Pick<Objective, 'indicator' | 'kind' | 'bound' | 'limit' | 'level'>

/** How a capacity was looked for, and what was found on the way. */
export interface SearchFindings<Result extends LoadResult = LoadResult> {
  readonly over: CapacityOver
  /** Pings per second of each connection, where connections are varied. */
  readonly ratePerConnection?: number | undefined
  /** Connections, where the rate is varied. */
  readonly fixedConnections?: number | undefined
  /** What has to be kept. */
  readonly objectives: readonly SearchedObjective[]
  readonly from: number
  readonly to: number
  readonly precision: number
  /** 1 - the probability that any step's verdict is wrong, so that the interval is. */
  readonly confidence: number
  /** When the first step began, ISO 8601. */
  readonly startedAt: string
  /** Milliseconds that all of it took, the flood before the first step included. */
  readonly duration: number
  /** In the order in which they were tried. */
  readonly steps: readonly CapacityStep<Result>[]
  /** Whether its signal ended it. */
  readonly aborted?: true | undefined
  /** Without a step: what was wrong with the flood that tells where to begin, what matters most first; empty if only time was lacking. */
  readonly firstFlood?: readonly string[] | undefined
}

/** Whether a search ended before its time: a run failed or lost an agent, or its signal was aborted. */
export function isCutShort({ aborted, steps }: Pick<SearchFindings, 'aborted' | 'steps'>): boolean {
  return aborted === true || steps.some(isStepCutShort)
}

/** How a gap as wide as the precision lies around what a server seems to take. */
const sharesAbove = { least: 0.25, most: 0.5 }

/**
 * Where a search looks, and by which steps. The first rate is so much above what the server seems to take that what waits takes as long
 * as the tightest bound on a latency within a second, as far as half of the precision allows.
 */
export function rangeOf({
  over,
  from,
  to,
  precision,
  objectives,
}: Pick<SearchFindings, 'over' | 'from' | 'to' | 'precision' | 'objectives'>): SearchRange {
  const surplus = tightestLatencyBound(objectives) / 1_000
  const shareAbove = Math.log1p(surplus) / Math.log1p(precision)
  return {
    from,
    to,
    precision,
    shareAbove: Math.min(sharesAbove.most, Math.max(sharesAbove.least, shareAbove)),
    // Where to begin with connections is a guess without a reason.
    firstGrowth: over === 'rate' ? 1 + precision : mostGrowth,
    isWhole: over === 'connections',
  }
}

/** Pings per second that are due under a load. */
export function rateOf({ over, ratePerConnection = 0 }: SearchFindings, load: number): number {
  return over === 'rate' ? load : load * ratePerConnection
}

/** The bounds that have to be kept, in words: `p99 < 20ms, errorRate < 1%`. */
export function formatObjectives({ objectives }: Pick<SearchFindings, 'objectives'>): string {
  return objectives
    .filter(({ level }) => level === 'fail')
    .map(({ indicator, bound }) => `${indicator} ${bound}`)
    .join(', ')
}
