import type { ChangeVerdict, MeasuredChange } from '../gate/comparison.ts'
import { formatChange, formatInterval, writtenDigits } from '../gate/comparison.ts'
import { whyElsewhere, whyOtherLoad } from '../gate/comparable.ts'
import type { LoadResult } from '../result/load-result.ts'
import { safeParseSLO } from '../slo/objective.ts'
import { beside, formatRatioTo } from '../units.ts'
import { type CapacityResult, formatEnds } from './capacity.ts'
import { formatObjectives, isCutShort } from './findings.ts'

/** How the capacity of a head compares with that of its base. */
export interface CapacityVerdict extends MeasuredChange {
  /** `slower` if the head's is surely lower by more than the tolerance, `faster` if so is the base's, `same` if the head's surely is not. */
  readonly verdict: ChangeVerdict
  /** Nothing is known of one of the two, or its search was cut short before that was clear: never to be taken for anything but red. */
  readonly doubtful: boolean
  /** Why, what matters most first; empty on `same`. */
  readonly reasons: readonly string[]
  /** By which share the head's may be lower. */
  readonly tolerance: number
}

/** What differs from load to load. */
const varied = { rate: ['rate'], connections: ['rate', 'connections', 'threads'] } as const

/**
 * Compares two capacities by their intervals: a change is sure where it is sure whatever the two are within them. A head that
 * kept the whole range of its base is the same as far as was asked, if the base kept anything.
 * @param tolerance by which share the head's may be lower, above 0 and below 1
 */
export function compareCapacities(base: CapacityResult, head: CapacityResult, tolerance: number): CapacityVerdict {
  const mismatch = whyIncomparable(base, head)
  const change = base.low > 0 && head.low > 0 ? middleOf(head) / middleOf(base) - 1 : NaN
  const low = head.low / base.high - 1
  const high = base.low === 0 ? Infinity : head.high / base.low - 1
  const keepsAll = head.low >= base.to
  const verdict =
    mismatch.length > 0 || base.low === 0
      ? 'unclear'
      : high < -tolerance
        ? 'slower'
        : low > tolerance / (1 - tolerance)
          ? 'faster'
          : low > -tolerance || keepsAll
            ? 'same'
            : 'unclear'
  const isCut = [base, head].some(isCutShort)
  const measured = { change, low, high, tolerance }
  return {
    ...measured,
    verdict,
    doubtful: mismatch.length > 0 || head.low === 0 || base.low === 0 || (verdict === 'unclear' && isCut),
    reasons:
      verdict === 'same' ? [] : [...mismatch, describe(base, head, { ...measured, verdict }), ...limitsOf(base, head)],
  }
}

function middleOf({ over, rate, connections }: CapacityResult): number {
  return over === 'rate' ? rate : connections
}

/** That it was not the same that was asked of them. */
function whyIncomparable(base: CapacityResult, head: CapacityResult): string[] {
  const [was, is] = [formatObjectives(base), formatObjectives(head)]
  const [before] = summariesOf(base)
  const [after] = summariesOf(head)
  return [
    ...(base.over === head.over ? [] : [`of the base the ${base.over} was varied, of the head the ${head.over}`]),
    ...(keysOf(base) === keysOf(head) ? [] : [`the base had to keep ${was}, the head ${is}`]),
    ...(base.ratePerConnection === head.ratePerConnection
      ? []
      : [`the base had another load: ratePerConnection was ${base.ratePerConnection}, is ${head.ratePerConnection}`]),
    ...(before === undefined || after === undefined
      ? []
      : [...whyOtherLoad(before, after, varied[base.over]), ...whyElsewhere(before, after)]),
  ]
}

/** What had to be kept, in whatever order and units it was written. */
function keysOf({ objectives }: CapacityResult): string {
  const written = objectives
    .filter(({ level }) => level === 'fail')
    .map(({ indicator, bound }) => `${indicator} ${bound}`)
  const parsed = safeParseSLO(written)
  const bounds =
    'value' in parsed
      ? parsed.value.map(({ indicator, comparison, limit, window }) => `${indicator} ${comparison} ${limit} ${window}`)
      : written
  return bounds.toSorted().join(', ')
}

function summariesOf({ steps }: CapacityResult): LoadResult[] {
  return steps.flatMap(({ summary }) => summary ?? [])
}

function describe(
  base: CapacityResult,
  head: CapacityResult,
  { verdict, ...change }: MeasuredChange & Pick<CapacityVerdict, 'verdict' | 'tolerance'>,
): string {
  const sides = Object.entries({ base, head })
  const unknown = sides.filter(([, side]) => !isBounded(side)).map(([name]) => name)
  if (unknown.length > 0) {
    const known = sides
      .filter(([, side]) => isBounded(side))
      .map(([name, side]) => `, that of the ${name} is ${formatEnds(side)}`)
    return `nothing is known of the capacity of ${unknown.length > 1 ? '' : 'the '}${unknown.join(' and ')}${known.join('')}`
  }
  const ends = `from ${formatEnds(base)} to ${formatEnds(head)}`
  const allowed = `${formatRatioTo(change.tolerance, writtenDigits)} less is allowed`
  if (hasFigure(base, head)) {
    const format = lossFormat(change)
    return `the capacity changed by ${formatChange(change.change, format)} (${formatInterval(change, format)}, ${ends}); ${allowed}`
  }
  return `the capacity ${verdict === 'unclear' ? 'may have changed' : 'changed'} (${ends}); ${allowed}`
}

/** Whether both have two ends, so that the change between them is a figure. */
export function hasFigure(base: CapacityResult, head: CapacityResult): boolean {
  return [base, head].every(({ low, high }) => low > 0 && high < Infinity)
}

/** How changes of a capacity are printed: none reads as the loss that is allowed. */
export function lossFormat({ tolerance }: Pick<CapacityVerdict, 'tolerance'>): (value: number) => string {
  return beside(-tolerance, formatRatioTo)
}

function isBounded({ low, high }: CapacityResult): boolean {
  return low > 0 || high < Infinity
}

function limitsOf(base: CapacityResult, head: CapacityResult): string[] {
  return [...base.reasons.map((reason) => `base: ${reason}`), ...head.reasons.map((reason) => `head: ${reason}`)]
}
