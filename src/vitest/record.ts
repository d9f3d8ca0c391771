import { recordArtifact } from 'vitest'
import type { LoadComparison } from '../report/load-comparison.ts'
import { describeFlood } from '../report/flood-table.ts'
import { type FloodRecord, type RecordedVerdict, recordOf } from '../report/flood-record.ts'
import type { SummaryJSON } from '../report/json.ts'
import type { LoadSummary } from '../report/load-summary.ts'
import type { RunningTest } from './context.ts'

/** What reporters know the package's annotations and artifacts by. */
const label = 'vitest-ws-load'
export const floodArtifact = `${label}:flood`

/** A whole flood as Vitest carries it to the main process and through blobs. */
export interface FloodArtifact {
  readonly type: typeof floodArtifact
  /** Which of the test's `meta.wsLoad` it is. */
  readonly index: number
  readonly summary: SummaryJSON
}

declare module 'vitest' {
  interface TaskMeta {
    /** The floods of the test, in the order they ended; in JSON reports as well. */
    wsLoad?: FloodRecord[]
  }
  interface TestArtifactRegistry {
    wsLoadFlood: FloodArtifact
  }
}

const records = new WeakMap<LoadSummary, FloodRecord>()

/** Leaves a flood's figures with its test, for whatever reporter is there. */
export async function keepFlood(test: RunningTest | undefined, summary: LoadSummary, name?: string): Promise<void> {
  if (test === undefined) return
  const { task, annotate, attempt } = test
  const record = recordOf(summary, attempt, name)
  const floods = (task.meta.wsLoad ??= [])
  const index = floods.push(record) - 1
  records.set(summary, record)
  // Vitest takes neither from a test that has ended, by its timeout for example.
  if (task.result?.state !== 'run') return
  await annotate(describeFlood(record), label)
  await recordArtifact(task, { type: floodArtifact, index, summary: summary.toJSON() })
}

/** Both sides of a comparison. */
export async function keepComparison(test: RunningTest | undefined, { base, head }: LoadComparison): Promise<void> {
  await keepFlood(test, base, 'base')
  await keepFlood(test, head, 'head')
}

/** What an assertion found out belongs to the flood it judged. */
export function keepVerdict(summary: LoadSummary, verdict: RecordedVerdict): void {
  records.get(summary)?.verdicts.push(verdict)
}
