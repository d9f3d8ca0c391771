import type { ComparisonVerdict } from '../gate/comparison.ts'
import type { SLOVerdict } from '../slo/verdict.ts'
import type { Objective } from '../slo/objective.ts'
import type { LoadResult } from '../result/load-result.ts'
import type { Outcome } from '../report/outcome.ts'

/** One of the runs that a chart shows. */
export interface ShownRun {
  readonly name: string
  readonly result: LoadResult
}

/** What a chart shows of an objective. */
export type ChartedObjective = Pick<Objective, 'indicator' | 'bound' | 'limit' | 'level'>

/** One run, or a base and a head, and what is known of them. */
export interface PageSection {
  readonly title: string
  readonly runs: readonly ShownRun[]
  /** Of the last run. */
  readonly verdict?: SLOVerdict
  readonly comparison?: ComparisonVerdict
  /** Where that is all that is known of the verdict. */
  readonly outcome?: Outcome
  /** Where the time went, where there is neither `verdict` nor `comparison`. */
  readonly bottlenecks?: readonly string[]
  /** Limits that the charts show, where there is no `verdict`. */
  readonly objectives?: readonly ChartedObjective[]
}

/** What is known of the verdict; nothing of floods that nobody judged. */
export function outcomeOf({ verdict, comparison, outcome }: PageSection): Outcome | undefined {
  return comparison?.verdict ?? verdict?.verdict ?? outcome
}
