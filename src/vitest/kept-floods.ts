import type { TestCase } from 'vitest/node'
import type { FloodRecord } from '../report/flood-record.ts'
import { LoadSummary } from '../summary/load-summary.ts'
import { floodArtifact } from './flood-artifact.ts'

/** A flood of a test, and which of the test's it is. */
export interface KeptFlood {
  readonly index: number
  readonly record: FloodRecord
  readonly summary: LoadSummary
}

/** The floods of a test. One of a test that was over before it ended has no summary here. */
export function keptFloodsOf(test: TestCase): KeptFlood[] {
  const records = test.meta().wsLoad ?? []
  return test.artifacts().flatMap((artifact) => {
    if (artifact.type !== floodArtifact) return []
    const { index, summary } = artifact
    const record = records[index]
    return record === undefined ? [] : [{ index, record, summary: LoadSummary.fromJSON(summary) }]
  })
}
