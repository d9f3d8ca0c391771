import type { LoadResult } from '../result/load-result.ts'
import { fromJSON } from '../result/from-json.ts'
import { type SummaryJSON, toJSON } from '../result/json.ts'
import { formatSummary } from '../report/text.ts'

/** What `wsLoad()` returns: everything a run found out, as plain data that prints itself as a table. */
export class LoadSummary implements LoadResult {
  declare readonly ended: LoadResult['ended']
  declare readonly looks: LoadResult['looks']
  declare readonly startedAt: LoadResult['startedAt']
  declare readonly duration: LoadResult['duration']
  declare readonly latency: LoadResult['latency']
  declare readonly latencyFloor: LoadResult['latencyFloor']
  declare readonly serviceTime: LoadResult['serviceTime']
  declare readonly handshake: LoadResult['handshake']
  declare readonly throughput: LoadResult['throughput']
  declare readonly offeredRate: LoadResult['offeredRate']
  declare readonly pings: LoadResult['pings']
  declare readonly errors: LoadResult['errors']
  declare readonly errorRate: LoadResult['errorRate']
  declare readonly connections: LoadResult['connections']
  declare readonly intervals: LoadResult['intervals']
  declare readonly slices: LoadResult['slices']
  declare readonly generator: LoadResult['generator']
  declare readonly environment: LoadResult['environment']
  declare readonly options: LoadResult['options']

  /**
   * Reads what {@link toJSON} wrote.
   * @throws {WsLoadError} `WSLOAD_ERR_UNREADABLE_SUMMARY`
   */
  static fromJSON(json: unknown): LoadSummary {
    return new LoadSummary(fromJSON(json, 'LoadSummary.fromJSON'))
  }

  constructor(result: LoadResult) {
    Object.assign(this, result)
  }

  /** One screen of text without colours. */
  toString(): string {
    return formatSummary(this)
  }

  toJSON(): SummaryJSON {
    return toJSON(this)
  }

  static {
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: LoadSummary) {
        return this.toString()
      },
    })
  }
}
