import type { LoadResult } from '../result/load-result.ts'
import { fromJSON } from '../result/from-json.ts'
import { type SummaryJSON, toJSON } from '../result/json.ts'
import { formatSummary } from '../report/text.ts'

/** All fields of a result are the summary's own. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor assigns every one
export interface LoadSummary extends LoadResult {}

/** What `wsLoad()` returns: everything a run found out, as plain data that prints itself as a table. */
export class LoadSummary {
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
