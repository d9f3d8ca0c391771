import type { CapacityResult } from '../capacity/capacity.ts'
import type { CapacityVerdict } from '../capacity/compare.ts'
import { formatCapacityComparison } from '../report/capacity.ts'
import { plainFields } from '../result/json.ts'
import { type CapacityJSON, LoadCapacity } from './load-capacity.ts'

/** A {@link CapacityComparison} as JSON, `null` where a number is not finite. */
export type CapacityComparisonJSON = { readonly schemaVersion: 1 } & {
  readonly [field in keyof CapacityVerdict]: unknown
} & { readonly base: CapacityJSON; readonly head: CapacityJSON }

/** All fields of a verdict are the comparison's own. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor assigns every one
export interface CapacityComparison extends CapacityVerdict {}

/** What `wsLoad.compareCapacity()` returns: both sides' capacities, and the verdict on the difference. */
export class CapacityComparison {
  readonly base: LoadCapacity
  readonly head: LoadCapacity

  constructor(base: CapacityResult, head: CapacityResult, verdict: CapacityVerdict) {
    this.base = new LoadCapacity(base)
    this.head = new LoadCapacity(head)
    Object.assign(this, verdict)
  }

  /** The verdict, and both capacities with their loads, without colours. */
  toString(): string {
    return formatCapacityComparison(this)
  }

  toJSON(): CapacityComparisonJSON {
    const { base, head, ...verdict } = this
    return { schemaVersion: 1, ...plainFields(verdict), base: base.toJSON(), head: head.toJSON() }
  }

  static {
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: CapacityComparison) {
        return this.toString()
      },
    })
  }
}
