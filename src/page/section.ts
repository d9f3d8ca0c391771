import type { RecordedVerdict } from '../report/flood-record.ts'
import { worstOf } from '../report/flood-table.ts'
import type { Outcome } from '../report/outcome.ts'
import type { LoadResult } from '../result/load-result.ts'
import type { Objective } from '../slo/objective.ts'

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
  /** Whether it is only what another section is held against. */
  readonly isBase?: boolean
  /** Of the last run, in the order they were asked; none of a run that nobody judged. */
  readonly verdicts: readonly RecordedVerdict[]
}

/** The worst of the verdicts; nothing of floods that nobody judged. */
export function outcomeOf({ verdicts }: PageSection): Outcome | undefined {
  return worstOf(verdicts)?.verdict
}
