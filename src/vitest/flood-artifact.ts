import type {} from 'vitest'
import type { FloodRecord } from '../report/flood-record.ts'
import type { SummaryJSON } from '../result/json.ts'

/** What reporters know the package's annotations by. */
export const label = 'vitest-ws-load'
export const floodArtifact = `${label}:flood`

/** A whole flood as Vitest carries it to the main process and through blobs. */
export interface FloodArtifact {
  readonly type: typeof floodArtifact
  /** Which of the test's `meta.wsLoad` it is. */
  readonly index: number
  readonly summary: SummaryJSON
}

export const progressArtifact = `${label}:progress`

/** How far a long flood is, in one line. */
export interface ProgressArtifact {
  readonly type: typeof progressArtifact
  readonly line: string
}

declare module 'vitest' {
  interface TaskMeta {
    /** The floods of the test, in the order they ended; in JSON reports as well. */
    wsLoad?: FloodRecord[]
    /** Of a test file: the floods of each test, by its id, that were judged once it was over. */
    wsLoadJudgedLater?: Record<string, FloodRecord[]>
  }
  interface TestArtifactRegistry {
    wsLoadFlood: FloodArtifact
    wsLoadProgress: ProgressArtifact
  }
}
