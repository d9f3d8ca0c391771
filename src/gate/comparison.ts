import { beside, formatDuration, formatDurationTo, formatPointsTo, formatRatio, formatRatioTo } from '../units.ts'
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
  /** `p50`, `p99.9`, `mean`, `errorRate`, `cpuPerPing`; of fan-outs `delivery.p50`, `completion.mean`. */
  readonly indicator: string
  readonly verdict: ChangeVerdict
  /**
   * Milliseconds, so that `head` ÷ `base` is 1 + `change`: of two floods that took turns the geometric mean over the blocks
   * of turns that the change is taken of, or over all starts of the servers, which is not the figure of the whole run, else that; of `errorRate`
   * the share of failed pings.
   */
  readonly base: number
  readonly head: number
  /** The change that is still within the tolerance, `min` included. */
  readonly allowed: number
  /** What the tolerance says of this figure: a share of the base, of `errorRate` a difference. */
  readonly tolerance: number
  /** The change in milliseconds that is allowed however large its share; 0 of `errorRate`. */
  readonly min: number
  /** Milliseconds that a comparison has to last, at least, until anything bounds the change; where nothing does yet, and that is known. */
  readonly durationNeeded?: number
}

/** What a figure of the base differed by from itself, between neighbouring slices of the same run. */
export interface Noise extends MeasuredChange {
  readonly indicator: string
}

/** How the head compares with the base. */
export interface ComparisonVerdict {
  /** `slower` if anything is, else `unclear` if anything is, else `faster` if anything is, else `same`. */
  readonly verdict: ChangeVerdict
  /**
   * A side was not there, too much of both sides failed, processor time that was asked for was not measured, or the generator was too
   * slow: never to be taken for anything but red.
   */
  readonly doubtful: boolean
  /** Why, what matters most first; on `same` what was not judged, mostly nothing. */
  readonly reasons: readonly string[]
  readonly changes: readonly Change[]
  /**
   * Where the time went, in words with their figures, unless the verdict is `same`: what kept a server from a processor, and what
   * each spent on an answer. Empty where nothing is known of it.
   */
  readonly bottlenecks: readonly string[]
  /** The base against itself; empty where the two did not run side by side, and where they were started more than once. */
  readonly noise: readonly Noise[]
  /** 1 - the probability of a wrong `slower`, and that of a wrong `same`; between 0.5 and 1. */
  readonly confidence: number
  /** How often the servers were started for it: 1, or with `restarts` more; then intervals, but that of `errorRate`, are those of pairs of processes. */
  readonly starts: number
}

/** Who says what another tolerance makes of servers that took turns. */
export interface Judge {
  readonly by: (tolerance: ResolvedTolerance) => ComparisonVerdict
  /** Whether both were kept on the same processor and watched. */
  readonly onOneProcessor: boolean
}

/** Both values of a figure, and the change between them. */
export interface ComparedFigure extends MeasuredChange, Pick<Change, 'durationNeeded'> {
  readonly base: number
  readonly head: number
}

/** Judges by how much a latency changed. A change below `min` milliseconds never counts. */
export function judgeLatency(
  compared: ComparedFigure,
  { indicator, allowed }: Figure,
  { min }: ResolvedTolerance,
): Change {
  const mostAllowed = Number.isNaN(compared.base) ? allowed : Math.max(allowed, min / compared.base)
  return {
    ...judgeChange(indicator, compared, { from: 1 / (1 + mostAllowed) - 1, to: mostAllowed }),
    tolerance: allowed,
    min,
  }
}

/** Judges by how much the share of failed pings changed. */
export function judgeErrors(compared: ComparedFigure, { errorRate }: ResolvedTolerance): Change {
  const judged = judgeChange('errorRate', compared, { from: -errorRate, to: errorRate })
  // That none failed is a fact, and no interval shows that none more would.
  const isNone = errorRate === 0 && compared.head === 0 && judged.verdict === 'unclear'
  return { ...judged, ...(isNone && { verdict: 'same' }), tolerance: errorRate, min: 0 }
}

/**
 * Judges by how much the processor time per answer changed, if it is to be judged.
 * @param isOver whether no more of it will be known
 */
export function judgeWork(
  { cpuPerPing, isWorkOptional }: ResolvedTolerance,
  compare: () => ComparedFigure,
  isOver: boolean,
): Change[] {
  if (cpuPerPing === undefined) return []
  const allowed = { from: 1 / (1 + cpuPerPing) - 1, to: cpuPerPing }
  const change: Change = { ...judgeChange('cpuPerPing', compare(), allowed), tolerance: cpuPerPing, min: 0 }
  const staysUnclear = change.verdict === 'unclear' && (isOver || Number.isNaN(change.change))
  return isWorkOptional && staysUnclear ? [] : [change]
}

function judgeChange(
  indicator: string,
  compared: ComparedFigure,
  allowed: { from: number; to: number },
): Omit<Change, 'tolerance' | 'min'> {
  const { low, high } = compared
  const verdict = low > allowed.to ? 'slower' : high < allowed.from ? 'faster' : high < allowed.to ? 'same' : 'unclear'
  return { indicator, ...compared, verdict, allowed: allowed.to }
}

/** Latencies that the processor time per answer stands for, and why. */
export interface LeftToWork {
  readonly changes: readonly Change[]
  /** What kept the base, or the load generator, from work. */
  readonly obstacle?: string
  /** Whether it was the load generator: its being saturated is no threat to what is judged then. */
  readonly hasStarved?: boolean
  /** Why they are none, where that is not plain. */
  readonly whyNot?: string
}

/** What else is known where changes are judged. */
interface Circumstances {
  readonly noise?: readonly Noise[]
  /** To the comparison's validity: where there is one, the verdict is never `same` nor `faster`. */
  readonly threats?: readonly string[]
  /** Figures that nothing can be told of, however long it is compared, and why: each is a threat. */
  readonly untold?: ReadonlyMap<string, string>
  /** Where the time went, of both sides. */
  readonly bottlenecks?: readonly string[]
  readonly left?: LeftToWork
  /** How often the servers were started. */
  readonly starts?: number
}

/** The verdict on all changes. */
export function judgeComparison(
  changes: readonly Change[],
  confidence: number,
  circumstances: Circumstances = {},
): ComparisonVerdict {
  const {
    noise = [],
    bottlenecks = [],
    left = { changes: [] },
    starts = 1,
    untold = new Map<string, string>(),
  } = circumstances
  const threats = [...(circumstances.threats ?? []), ...untold.values()]
  const judged = changes.filter((change) => !left.changes.includes(change))
  const work = changes.filter(({ indicator }) => indicator === 'cpuPerPing')
  const withVerdict = (verdict: ChangeVerdict): Change[] => judged.filter((change) => change.verdict === verdict)
  const slower = withVerdict('slower')
  const unclear = withVerdict('unclear')
  const faster = withVerdict('faster')
  const verdict =
    slower.length > 0
      ? 'slower'
      : threats.length > 0 || unclear.length > 0 || changes.length === 0
        ? 'unclear'
        : faster.length > 0 && left.changes.length === 0
          ? 'faster'
          : 'same'
  const reasons = {
    slower: [...slower.map(describeChange), ...threats],
    unclear: [
      ...threats,
      ...unclear
        .filter(({ indicator }) => !untold.has(indicator))
        .map((change) => describeUnclear(change, confidence, threats.length === 0)),
      ...(left.whyNot === undefined ? [] : [`not left to cpuPerPing: ${left.whyNot}`]),
    ],
    faster: faster.map(describeChange),
    same: describeLeft(left),
  }
  return {
    verdict,
    doubtful: threats.length > 0 || changes.every(isUnknown) || work.some(isUnknown),
    reasons: reasons[verdict],
    changes,
    bottlenecks: verdict === 'same' ? [] : bottlenecks,
    noise,
    confidence,
    starts,
  }
}

function isUnknown({ change }: Change): boolean {
  return Number.isNaN(change)
}

function describeLeft({ changes, obstacle }: LeftToWork): string[] {
  if (changes.length === 0 || obstacle === undefined) return []
  const intervals = changes.map((change) => {
    const known = formatInterval(change, changeFormat(change))
    return `${change.indicator} (${change.high < Infinity ? known : 'changed by any amount'})`
  })
  return [`judged by cpuPerPing, not by ${intervals.join(' and ')}`, `base: ${obstacle}`]
}

function describeChange(measured: Change): string {
  const { indicator, base, head, change } = measured
  const values = `from ${formatFigure(indicator, base)} to ${formatFigure(indicator, head)}`
  return `${indicator} changed by ${formatChange(change, changeFormat(measured))}, ${values}; ${formatAllowed(measured)} is allowed`
}

/** @param isCurable whether a longer comparison helps: it does not bring back a side that was not there */
function describeUnclear(measured: Change, confidence: number, isCurable: boolean): string {
  const { indicator, change, high } = measured
  const needed = isCurable ? describeNeeded(measured) : ''
  if (Number.isNaN(change)) {
    return indicator === 'cpuPerPing'
      ? 'cpuPerPing: the servers of both sides have to be watched, each by itself; serverUnwatched of base and head says why not'
      : `${indicator}: too little was measured${needed}`
  }
  const format = changeFormat(measured)
  const known = `${indicator} changed by ${formatInterval(measured, format)}`
  const finding = high === Infinity ? `${indicator} may have changed by any amount` : known
  return `not enough evidence: ${finding} at ${formatRatio(confidence)} confidence, ${formatAllowed(measured)} is allowed${needed}`
}

/** How long a comparison lasts that bounds a change. */
function describeNeeded({ durationNeeded }: Change): string {
  return durationNeeded === undefined
    ? ''
    : `; it takes a comparison of about ${formatDuration(durationNeeded)} or more (maxDuration)`
}

/** Of a tolerance none is lost, and nothing is added by its being a floating-point number. */
export const writtenDigits = 12

/** What a change is held against. */
type Allowance = Pick<Change, 'indicator' | 'allowed' | 'tolerance' | 'min'>

/** Prints a change with its sign, by default a relative one: `+4.7 %`, `-0.3 %`, `+435 %`. */
export function formatChange(change: number, format: (value: number) => string = formatRatio): string {
  return change === Infinity ? '∞' : `${change > 0 ? '+' : ''}${format(change)}`
}

/** Prints the interval that a change lies in, its unit once: `-0.3 … +4.7 %`. */
export function formatInterval(
  { low, high }: Pick<MeasuredChange, 'low' | 'high'>,
  format?: (value: number) => string,
): string {
  const [from, to] = [formatChange(low, format), formatChange(high, format)]
  const unit = / \D+$/.exec(from)?.[0] ?? ''
  return `${to.endsWith(unit) ? from.slice(0, from.length - unit.length) : from} … ${to}`
}

/** How changes of a figure are printed: as percentages, of an error rate as percentage points; none reads as what is allowed. */
export function changeFormat({ indicator, allowed, tolerance }: Allowance): (value: number) => string {
  if (indicator === 'errorRate') return beside(allowed, formatPointsTo)
  return allowed > tolerance ? formatRatio : beside(allowed, formatRatioTo)
}

/** Prints what is allowed in the words of the tolerance: `4 %`, `4 % or 20 µs` where `min` is more than that, `1 pp`. */
export function formatAllowed({ indicator, allowed, tolerance, min }: Allowance): string {
  if (indicator === 'errorRate') return formatPointsTo(tolerance, writtenDigits)
  const share = formatRatioTo(tolerance, writtenDigits)
  return allowed > tolerance ? `${share} or ${formatDurationTo(min, writtenDigits)}` : share
}

/** Prints a value of a change: milliseconds, or a share. */
export function formatFigure(indicator: string, value: number): string {
  if (Number.isNaN(value)) return '-'
  return indicator === 'errorRate' ? formatRatio(value) : formatDuration(value)
}
