import type { TestCase } from 'vitest/node'
import { printableLine } from '../printable.ts'
import type { FloodRecord } from '../report/flood-record.ts'
import { LoadSummary } from '../summary/load-summary.ts'
import { fileNameOf } from './file-name.ts'
import { type FloodArtifact, floodArtifact } from './flood-artifact.ts'
import { tell } from './tell.ts'

/** A flood of a test, and which of the test's it is. */
export interface KeptFlood {
  readonly index: number
  readonly record: FloodRecord
  readonly summary: LoadSummary
}

/** The floods that the tests of a run have left, those of each test read once. */
export class KeptFloods {
  readonly #read = new Map<TestCase, readonly KeptFlood[]>()

  /** One of a test that was over before it ended has no summary here; one that cannot be read is left out, which is said. */
  of(test: TestCase): readonly KeptFlood[] {
    const known = this.#read.get(test)
    if (known !== undefined) return known
    const records = test.meta().wsLoad ?? []
    const floods = test.artifacts().flatMap((artifact) => {
      if (artifact.type !== floodArtifact) return []
      const record = records[artifact.index]
      return record === undefined ? [] : readFlood(test, record, artifact)
    })
    this.#read.set(test, floods)
    return floods
  }
}

function readFlood(test: TestCase, record: FloodRecord, { index, summary }: FloodArtifact): KeptFlood[] {
  try {
    return [{ index, record, summary: LoadSummary.fromJSON(summary) }]
  } catch (error) {
    const called = [fileNameOf(test.module), test.fullName, ...(record.name === undefined ? [] : [record.name])]
    const what = printableLine(called.join(' › '))
    const why = printableLine((error as Error).message)
    tell(`warning: a flood of ${what} is left out of the page and of files for other tools: ${why}`)
    return []
  }
}
