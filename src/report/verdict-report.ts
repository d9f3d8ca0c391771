import { formatEnds } from '../capacity/capacity.ts'
import { hasFigure, lossFormat } from '../capacity/compare.ts'
import type { SustainVerdict } from '../capacity/sustain.ts'
import { formatChange, formatInterval } from '../gate/comparison.ts'
import type { SLOVerdict } from '../slo/verdict.ts'
import { type ComparedCapacities, formatLoss, titleOfCapacityComparison } from './capacity.ts'
import {
  changeHead,
  changeRow,
  type Compared,
  describeStarts,
  figuresOfWholeRun,
  titleOfComparison,
} from './comparison.ts'
import { isWarning, objectiveHead, objectiveRow, titleOf } from './verdict.ts'

/** A verdict in words: the sentence, why, and a table of what was judged. */
export interface VerdictReport {
  readonly title: string
  /** Why, beside what the title says. */
  readonly reasons: readonly string[]
  readonly head: readonly string[]
  /** A cell for each of `head`. */
  readonly rows: readonly (readonly string[])[]
  /** What else is to be known of the figures. */
  readonly remarks: readonly string[]
}

/** Of an SLO: a row for each objective. */
export function reportSLO(verdict: SLOVerdict): VerdictReport {
  const title = titleOf(verdict)
  return {
    title,
    reasons: verdict.reasons.filter((reason) => !title.endsWith(reason)),
    head: [...objectiveHead(verdict.confidence), 'verdict'],
    rows: verdict.objectives.map((objective) => [
      ...objectiveRow(objective),
      isWarning(objective) ? 'warning' : objective.verdict,
    ]),
    remarks: verdict.warnings.map((warning) => `warning: ${warning}`),
  }
}

/** Of a comparison: a row for each figure. */
export function reportComparison(compared: Compared): VerdictReport {
  const { reasons, changes, confidence } = compared
  return {
    title: titleOfComparison(compared),
    reasons: reasons.slice(1),
    head: [...changeHead(confidence), 'verdict'],
    rows: changes.map((change) => [...changeRow(change), change.verdict]),
    remarks: [
      ...describeStarts(compared),
      ...(['base', 'head'] as const).flatMap((side) => {
        const wholeRun = figuresOfWholeRun(compared[side], changes, side)
        return wholeRun === '' ? [] : [`${side}: in the whole run ${wholeRun}`]
      }),
    ],
  }
}

/** Of two capacities: a row for what lies between them. */
export function reportCapacityComparison(compared: ComparedCapacities): VerdictReport {
  const { verdict, reasons, base, head, change } = compared
  const format = lossFormat(compared)
  const figures = hasFigure(base, head) ? [formatChange(change, format), formatInterval(compared, format)] : ['-', '-']
  return {
    title: titleOfCapacityComparison(compared),
    reasons: reasons.slice(1),
    head: ['figure', 'base', 'head', 'change', 'between', 'allowed', 'verdict'],
    rows: [['capacity', formatEnds(base), formatEnds(head), ...figures, formatLoss(compared), verdict]],
    remarks: [],
  }
}

/** Of a load that a server had to sustain; if it does, the sentence says all of it. @param reasons of the capacity */
export function reportLoad({ verdict, reason }: SustainVerdict, reasons: readonly string[]): VerdictReport {
  return { title: reason, reasons: verdict === 'pass' ? [] : reasons, head: [], rows: [], remarks: [] }
}
