import { formatCount, formatDuration, formatRatio } from '../units.ts'
import type { Figure, ResolvedTolerance } from './tolerance.ts'

/**
 * `slower` and `faster`: surely by more than the tolerance. `same`: surely not slower by more than it. `unclear`: the
 * evidence does not say.
 */
export type ChangeVerdict = 'faster' | 'same' | 'slower' | 'unclear'

/** By how much something changed, and between which values the true change lies. */
export interface MeasuredChange {
  /** (head - base) ÷ base: 0.05 is 5 % more. Of `errorRate` the plain difference. `NaN` where nothing was measured. */
  readonly change: number
  readonly low: number
  /** Infinity where nothing bounds it. */
  readonly high: number
}

/** How one figure of the head differs from the base's. */
export interface Change extends MeasuredChange {
  /** `p50`, `p99.9`, `mean`, `errorRate`. */
  readonly indicator: string
  readonly verdict: ChangeVerdict
  /** Milliseconds; of `errorRate` the share of failed pings. */
  readonly base: number
  readonly head: number
  /** The change that is still within the tolerance, `min` included. */
  readonly allowed: number
}

/** What a figure of the base differed by from itself, between neighbouring slices of the same run. */
export interface Noise extends MeasuredChange {
  readonly indicator: string
}

/** How the head compares with the base. */
export interface ComparisonVerdict {
  /** `slower` if anything is, else `unclear` if anything is, else `faster` if anything is, else `same`. */
  readonly verdict: ChangeVerdict
  /** A side was not there, or the generator was too slow: never to be taken for anything but red. */
  readonly doubtful: boolean
  /** Why, what matters most first; empty on `same`. */
  readonly reasons: readonly string[]
  readonly changes: readonly Change[]
  /** The base against itself; empty where the two did not run side by side. */
  readonly noise: readonly Noise[]
  /** 1 - the probability of a wrong `slower`, and that of a wrong `same`; between 0.5 and 1. */
  readonly confidence: number
}

/** Both values of a figure, and the change between them. */
export interface ComparedFigure extends MeasuredChange {
  readonly base: number
  readonly head: number
}

/** Judges by how much a latency changed. A change below `min` milliseconds never counts. */
export function judgeLatency(
  compared: ComparedFigure,
  { indicator, allowed }: Figure,
  { min }: ResolvedTolerance,
): Change {
  const mostAllowed = Math.max(allowed, min / compared.base)
  return judgeChange(indicator, compared, { from: 1 / (1 + mostAllowed) - 1, to: mostAllowed })
}

/** Judges by how much the share of failed pings changed. */
export function judgeErrors(compared: ComparedFigure, { errorRate }: ResolvedTolerance): Change {
  return judgeChange('errorRate', compared, { from: -errorRate, to: errorRate })
}

function judgeChange(indicator: string, compared: ComparedFigure, allowed: { from: number; to: number }): Change {
  const { low, high } = compared
  const verdict = low > allowed.to ? 'slower' : high < allowed.from ? 'faster' : high < allowed.to ? 'same' : 'unclear'
  return { indicator, ...compared, verdict, allowed: allowed.to }
}

/**
 * The verdict on all changes.
 * @param threats to the comparison's validity: where there is one, the verdict is never `same` nor `faster`
 */
export function judgeComparison(
  changes: readonly Change[],
  noise: readonly Noise[],
  threats: readonly string[],
  confidence: number,
): ComparisonVerdict {
  const withVerdict = (verdict: ChangeVerdict): Change[] => changes.filter((change) => change.verdict === verdict)
  const slower = withVerdict('slower')
  const unclear = withVerdict('unclear')
  const faster = withVerdict('faster')
  const verdict =
    slower.length > 0
      ? 'slower'
      : threats.length > 0 || unclear.length > 0 || changes.length === 0
        ? 'unclear'
        : faster.length > 0
          ? 'faster'
          : 'same'
  const reasons = {
    slower: [...slower.map(describeChange), ...threats],
    unclear: [...threats, ...unclear.map((change) => describeUnclear(change, confidence))],
    faster: faster.map(describeChange),
    same: [],
  }
  return {
    verdict,
    doubtful: threats.length > 0 || changes.every(({ change }) => Number.isNaN(change)),
    reasons: reasons[verdict],
    changes,
    noise,
    confidence,
  }
}

function describeChange({ indicator, base, head, change, allowed }: Change): string {
  const values = `from ${formatFigure(indicator, base)} to ${formatFigure(indicator, head)}`
  return `${indicator} changed by ${formatChange(change)}, ${values}; ${formatAllowed(allowed)} is allowed`
}

function describeUnclear({ indicator, change, low, high, allowed }: Change, confidence: number): string {
  if (Number.isNaN(change)) return `${indicator}: too little was measured`
  const known = `${indicator} changed by ${formatChange(low)} … ${formatChange(high)}`
  const finding = high === Infinity ? `${indicator} may have changed by any amount` : known
  return `not enough evidence: ${finding} at ${formatRatio(confidence)} confidence, ${formatAllowed(allowed)} is allowed`
}

/** Prints a relative change with its sign: `+4.7 %`, `-0.3 %`, `2.4×` for what more than doubled. */
export function formatChange(change: number): string {
  if (Number.isNaN(change)) return '-'
  if (change === Infinity) return '∞'
  return change >= 1
    ? `${formatCount(Number((1 + change).toPrecision(3)))}×`
    : `${change > 0 ? '+' : ''}${formatRatio(change)}`
}

/** Prints the change that a tolerance allows: `4 %`, `2.4×`. */
export function formatAllowed(allowed: number): string {
  return formatChange(allowed).replace('+', '')
}

/** Prints a value of a change: milliseconds, or a share. */
export function formatFigure(indicator: string, value: number): string {
  if (Number.isNaN(value)) return '-'
  return indicator === 'errorRate' ? formatRatio(value) : formatDuration(value)
}
