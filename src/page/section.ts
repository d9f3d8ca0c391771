import type { ComparisonVerdict } from '../gate/comparison.ts'
import type { SLOVerdict } from '../slo/evaluate.ts'
import type { LoadResult } from '../stats/result.ts'

/** One of the runs that a chart shows. */
export interface ShownRun {
  readonly name: string
  readonly result: LoadResult
}

/** One run, or a base and a head, and what is known of them. */
export interface PageSection {
  readonly title: string
  readonly runs: readonly ShownRun[]
  /** Of the last run. */
  readonly verdict?: SLOVerdict
  readonly comparison?: ComparisonVerdict
}
