import { recordArtifact } from 'vitest'
import type { Watcher } from '../run/progress.ts'
import { formatPicture } from '../page/picture.ts'
import type { LoadComparison } from '../summary/load-comparison.ts'
import { describeFlood } from '../report/flood-table.ts'
import { type FloodRecord, type RecordedVerdict, recordOf } from '../report/flood-record.ts'
import { formatProgress } from '../report/progress.ts'
import type { LoadSummary } from '../summary/load-summary.ts'
import type { RunningTest } from './context.ts'
import { floodArtifact, label, progressArtifact } from './flood-artifact.ts'

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
  const body = formatPicture(summary, name)
  const picture = body === null ? undefined : ({ contentType: 'image/svg+xml', body, bodyEncoding: 'utf-8' } as const)
  await annotate(describeFlood(record), label, picture)
  await recordArtifact(task, { type: floodArtifact, index, summary: summary.toJSON() })
}

/** Tells reporters every ten seconds how far a flood is; each report stays with the test, so it is not told more often. */
export function tellProgress(test: RunningTest | undefined): Watcher | undefined {
  if (test === undefined) return undefined
  const { task } = test
  return {
    every: 10_000,
    report(progress) {
      if (progress.phase === 'connecting' || task.result?.state !== 'run') return
      const told = recordArtifact(task, { type: progressArtifact, line: formatProgress(progress) })
      // The test ended meanwhile.
      told.catch(() => {})
    },
  }
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
