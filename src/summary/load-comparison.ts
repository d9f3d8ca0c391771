import { compareSideBySide } from '../gate/compare.ts'
import type { ComparisonVerdict, Judge } from '../gate/comparison.ts'
import type { ResolvedTolerance } from '../gate/tolerance.ts'
import type { LoadResult } from '../result/load-result.ts'
import { formatComparison } from '../report/comparison.ts'
import { plainFields, type SummaryJSON } from '../result/json.ts'
import { FanOutSummary } from './fan-out-summary.ts'
import { LoadSummary } from './load-summary.ts'
import { comparisonToMarkdown } from '../report/markdown.ts'

/** A {@link LoadComparison} as JSON, `null` where a number is not finite. */
export type ComparisonJSON = { readonly schemaVersion: 1 } & {
  readonly [field in keyof ComparisonVerdict]: unknown
} & { readonly base: SummaryJSON; readonly head: SummaryJSON }

/** All fields of a verdict are the comparison's own. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging, no-unused-vars -- the constructor assigns every one
export interface LoadComparison<Summary extends LoadSummary = LoadSummary> extends ComparisonVerdict {}

/** Of comparisons of servers that took turns. */
const judges = new WeakMap<LoadComparison, Judge>()

/** What `wsLoad.compare()` returns: both sides' summaries, of fan-outs a `FanOutSummary`, and the verdict on the difference. */
export class LoadComparison<Summary extends LoadSummary = LoadSummary> {
  readonly base: Summary
  readonly head: Summary

  /** @param judge of servers that took turns */
  constructor(base: LoadResult, head: LoadResult, verdict: ComparisonVerdict, judge?: Judge) {
    this.base = summaryOf(base) as Summary
    this.head = summaryOf(head) as Summary
    if (judge !== undefined) judges.set(this, judge)
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

/** What is said with another tolerance of two servers that took turns. */
export function judgeAgain(comparison: LoadComparison, tolerance: ResolvedTolerance): ComparisonVerdict {
  const { base, head, confidence } = comparison
  return judges.get(comparison)?.by(tolerance) ?? compareSideBySide(base, head, tolerance, confidence)
}

/** Whether a tolerance that names no latency has a default for `cpuPerPing`. */
export function areOnOneProcessor(comparison: LoadComparison): boolean {
  return judges.get(comparison)?.onOneProcessor ?? false
}

function summaryOf(result: LoadResult): LoadSummary {
  return result.fanOut === undefined ? new LoadSummary(result) : FanOutSummary.of(result)
}
