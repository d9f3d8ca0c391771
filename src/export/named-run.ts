import type { LoadResult } from '../result/load-result.ts'

/** A run under the name that other tools keep it by. */
export interface NamedRun {
  /** The same from run to run. */
  readonly name: string
  readonly result: LoadResult
  /** Of a search for the highest load that a server keeps, of which this run is the last step that was kept. */
  readonly capacity?: ExportedCapacity
}

/** Between which loads a capacity lies. */
export interface ExportedCapacity {
  readonly over: 'rate' | 'connections'
  /** The highest load that was surely kept: pings per second, or connections; 0 if none was. */
  readonly low: number
  /** The lowest that was surely missed; Infinity if none was. */
  readonly high: number
}
