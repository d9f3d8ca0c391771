import type { CapacityResult } from '../capacity/capacity.ts'
import type { CapacityStep } from '../capacity/step.ts'
import { fromJSON } from '../capacity/from-json.ts'
import { judgeSustained, type SustainVerdict } from '../capacity/sustain.ts'
import { formatCapacity } from '../report/capacity.ts'
import { plainFields } from '../result/json.ts'
import { LoadSummary } from './load-summary.ts'

/** A {@link LoadCapacity} as JSON, `null` where a number is not finite. */
export type CapacityJSON = { readonly schemaVersion: 1 } & {
  readonly [field in keyof CapacityResult]: unknown
} & { readonly steps: readonly { readonly [field in keyof CapacityStep]?: unknown }[] }

/** All fields of a result are the capacity's own. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor assigns every one
export interface LoadCapacity extends CapacityResult<LoadSummary> {}

/** What `wsLoad.capacity()` returns: the highest load under which a server keeps an SLO, and every load that was tried. */
export class LoadCapacity {
  /**
   * Reads what {@link toJSON} wrote.
   * @throws {WsLoadError} `WSLOAD_ERR_UNREADABLE_SUMMARY`
   */
  static fromJSON(json: unknown): LoadCapacity {
    return new LoadCapacity(fromJSON(json, 'LoadCapacity.fromJSON'))
  }

  constructor(result: CapacityResult) {
    const steps = result.steps.map(({ summary, ...step }) => ({
      ...step,
      ...(summary !== undefined && { summary: new LoadSummary(summary) }),
    }))
    Object.assign(this, result, { steps })
  }

  /** The verdict on a load, and why: what `toSustain` asserts. @param load pings per second, or connections */
  judge(load: number): SustainVerdict {
    return judgeSustained(this, load)
  }

  /** What it is, and a table of the loads that were tried, without colours. */
  toString(): string {
    return formatCapacity(this)
  }

  toJSON(): CapacityJSON {
    const { steps, ...rest } = this
    return {
      schemaVersion: 1,
      ...plainFields(rest),
      steps: steps.map(({ summary, ...step }) => ({
        ...plainFields(step),
        ...(summary !== undefined && { summary: summary.toJSON() }),
      })),
    }
  }

  static {
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: LoadCapacity) {
        return this.toString()
      },
    })
  }
}
