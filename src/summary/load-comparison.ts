import type { ComparisonVerdict } from '../gate/comparison.ts'
import type { LoadResult } from '../result/load-result.ts'
import { formatComparison } from '../report/comparison.ts'
import { plainFields, type SummaryJSON } from '../result/json.ts'
import { LoadSummary } from './load-summary.ts'
import { comparisonToMarkdown } from '../report/markdown.ts'

/** A {@link LoadComparison} as JSON, `null` where a number is not finite. */
export type ComparisonJSON = { readonly schemaVersion: 1 } & {
  readonly [field in keyof ComparisonVerdict]: unknown
} & { readonly base: SummaryJSON; readonly head: SummaryJSON }

/** All fields of a verdict are the comparison's own. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor assigns every one
export interface LoadComparison extends ComparisonVerdict {}

/** What `wsLoad.compare()` returns: both sides' summaries, and the verdict on the difference between them. */
export class LoadComparison {
  readonly base: LoadSummary
  readonly head: LoadSummary

  constructor(base: LoadResult, head: LoadResult, verdict: ComparisonVerdict) {
    this.base = new LoadSummary(base)
    this.head = new LoadSummary(head)
    Object.assign(this, verdict)
  }

  /** The verdict and its table, without colours. */
  toString(): string {
    return formatComparison(this)
  }

  /** The same as Markdown: for a job's summary or a comment. */
  toMarkdown(): string {
    return comparisonToMarkdown(this)
  }

  toJSON(): ComparisonJSON {
    const { base, head, ...verdict } = this
    return {
      schemaVersion: 1,
      ...plainFields(verdict),
      base: base.toJSON(),
      head: head.toJSON(),
    }
  }

  static {
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: LoadComparison) {
        return this.toString()
      },
    })
  }
}
