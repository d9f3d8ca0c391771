/**
 * What became of one load: the SLO was surely kept or surely missed under it, neither is sure, or the generator or its machine did
 * not bring it about.
 */
export type Outcome = 'kept' | 'missed' | 'undecided' | 'out of reach'

/** A load that was tried. */
export interface TriedLoad {
  /** Pings per second, or connections. */
  readonly load: number
  readonly outcome: Outcome
  /** How much of it was served, in the same unit. */
  readonly served: number
}

/** Where a capacity is looked for. */
export interface SearchRange {
  readonly from: number
  readonly to: number
  /** How far apart the ends of the capacity's interval may be: 0.1 is 10 % of the lower one. */
  readonly precision: number
  /** Where a gap as wide as the precision is placed around what a server seems to take: this share of it above, the rest below, logarithmically. */
  readonly shareAbove: number
  /** How many times as high, or as low, the second load is, if the first one bounds nothing: more than 1. */
  readonly firstGrowth: number
  /** Whether a load is a whole number. */
  readonly isWhole: boolean
}

/** Between which loads the capacity lies. */
export interface CapacityInterval {
  /** The highest load that was surely kept, below all that were surely missed; 0 if there is none. */
  readonly low: number
  /** The lowest load that was surely missed, above all that were surely kept; Infinity if there is none. */
  readonly high: number
}

/** Loads that one search tries at most; their verdicts, by SLO and by growth, share its error probability (Bonferroni). */
export const mostLoads = 10
/** Loads that differ by less are the same. */
const roundingError = 1e-9
/** What a search grows by at most from one load to the next. */
export const mostGrowth = 4
/** A gap that is narrower than this share of the precision is not divided any further. */
const narrowestGapShare = 0.5

export function intervalOf(tried: readonly TriedLoad[]): CapacityInterval {
  const kept = loadsOf(tried, 'kept')
  const missed = loadsOf(tried, 'missed')
  const [lowestMissed, highestKept] = [Math.min(...missed), Math.max(...kept)]
  return {
    low: Math.max(0, ...kept.filter((load) => load < lowestMissed)),
    high: Math.min(...missed.filter((load) => load > highestKept)),
  }
}

/** The highest load surely kept and the lowest surely missed, where the former is not below the latter: the server is not always the same. */
export function contradictionOf(tried: readonly TriedLoad[]): { kept: number; missed: number } | undefined {
  const [kept, missed] = [Math.max(...loadsOf(tried, 'kept')), Math.min(...loadsOf(tried, 'missed'))]
  return kept >= missed ? { kept, missed } : undefined
}

/**
 * Which load to try next: on both sides of the capacity ever nearer, bisecting what is left between a load surely kept and one
 * surely missed. The first rate is somewhat too much, which is soon seen; what a server served of a load that it missed, or the guess,
 * tells where to look next.
 *
 * @param guess what the server seems to take; of connections, which nothing has told of, no more than where to begin
 * @returns nothing once the interval is as narrow as asked for, or no load of the range makes it any narrower
 */
export function nextLoad(tried: readonly TriedLoad[], range: SearchRange, guess: number): number | undefined {
  const { from, to, precision, shareAbove, firstGrowth, isWhole } = range
  const within = (load: number): number => {
    const inRange = Math.min(to, Math.max(from, load))
    return isWhole ? Math.round(inRange) : inRange
  }
  if (tried.length === 0) return within(isWhole ? guess : guess * (1 + precision) ** shareAbove)
  const { low, high } = intervalOf(tried)
  const end = Math.min(high, ...loadsOf(tried, 'out of reach').filter((load) => load > low))
  if (end <= low * (1 + precision) * (1 + roundingError) || (isWhole && end - low <= 1)) return undefined
  const between = tried.map(({ load }) => load).filter((load) => load > low && load < end)
  const top = Math.max(low, ...between)
  const bottom = Math.min(end, ...between)
  const growth = growthAfter(tried, firstGrowth)
  const hint = hintOf(tried, guess, { low, high: bottom }, range)
  const gaps = [
    { from: low, to: bottom, next: hint ?? (low === 0 ? bottom / growth : middleOf(low, bottom, growth, true)) },
    { from: top, to: end, next: end === Infinity ? top * growth : middleOf(top, end, growth, top === low) },
  ]
  const candidates = gaps
    .map((gap) => ({ ...gap, next: within(isWhole ? insideOf(gap) : gap.next) }))
    .filter(({ next, from: least, to: most }) => next > least && next < most && isWide(least, most, precision))
    .filter(({ next }) => tried.every(({ load }) => load !== next))
  const widest = (one: Gap, other: Gap): Gap => (widthOf(other) > widthOf(one) ? other : one)
  return candidates.length === 0 ? undefined : candidates.reduce(widest).next
}

/**
 * The load to try once more at the end: that end of the interval that was found before the other, if neither was tried again. A server that
 * did not recover from what was too much for it, or that only had to warm up, shows so.
 */
export function endToConfirm(tried: readonly TriedLoad[]): number | undefined {
  const { low, high } = intervalOf(tried)
  const [kept, missed] = [placesOf(tried, low, 'kept'), placesOf(tried, high, 'missed')]
  if (kept.length !== 1 || missed.length !== 1) return undefined
  return kept[0]! < missed[0]! ? low : high
}

/** Likewise the lowest load that was missed, whatever was kept: one disturbance is enough to miss it, and keeps none. */
export function missToConfirm(tried: readonly TriedLoad[]): number | undefined {
  const { high } = intervalOf(tried)
  return placesOf(tried, high, 'missed').length === 1 ? high : undefined
}

/**
 * Likewise, where no load was surely missed, the lowest one that was out of reach. What kept the generator from it, another program say,
 * may be over.
 */
export function limitToConfirm(tried: readonly TriedLoad[]): number | undefined {
  const { low, high } = intervalOf(tried)
  const lowest = Math.min(...loadsOf(tried, 'out of reach').filter((load) => load > low))
  return high === Infinity && placesOf(tried, lowest, 'out of reach').length === 1 ? lowest : undefined
}

/** When a load was tried, counted from 0: from when it ended so for the first time, whatever came of it later. */
function placesOf(tried: readonly TriedLoad[], load: number, outcome: Outcome): number[] {
  const first = tried.findIndex((one) => one.load === load && one.outcome === outcome)
  return tried.flatMap((one, nth) => (one.load === load && nth >= first ? [nth] : []))
}

function loadsOf(tried: readonly TriedLoad[], outcome: Outcome): number[] {
  return tried.filter((one) => one.outcome === outcome).map(({ load }) => load)
}

/** Each further load that ends alike, or undecided, is farther from the one before, logarithmically twice as far. */
function growthAfter(tried: readonly TriedLoad[], firstGrowth: number): number {
  const decided = tried.findLast(({ outcome }) => outcome !== 'undecided')
  const others = tried.findLastIndex(({ outcome }) => outcome !== 'undecided' && outcome !== decided?.outcome)
  const alike = tried.length - 1 - others
  return Math.min(mostGrowth, firstGrowth ** (2 ** (alike - 1)))
}

/** Half way between two loads, or one step up from the lower end where that is less. */
function middleOf(low: number, high: number, growth: number, isKept: boolean): number {
  const half = Math.sqrt(low * high)
  return isKept ? Math.min(half, low * growth) : half
}

/**
 * Where to look below a load that was missed, by what the server seems to take: the lowest load that, if kept, makes the interval narrow
 * enough; if that is more than it seems to take, one somewhat below what it takes; once that was kept, one precision above.
 */
function hintOf(
  tried: readonly TriedLoad[],
  guess: number,
  { low, high }: CapacityInterval,
  { precision, shareAbove, isWhole }: SearchRange,
): number | undefined {
  const lowest = tried.findLast(({ load, outcome }) => load === high && outcome === 'missed')
  if (lowest === undefined) return undefined
  const [up, down] = isWhole ? [Math.ceil, Math.floor] : [Number, Number]
  const narrowest = up(high / (1 + precision))
  const above = down(low * (1 + precision))
  // What was served of a load that was only late says nothing of how much would have been in time.
  const isOverloaded = lowest.served * (1 + precision) < high
  const hints = [...(isOverloaded ? [lowest.served] : []), ...(isWhole ? [] : [guess])]
    .filter((taken) => taken < high)
    .map((taken) => {
      const below = narrowest <= taken ? narrowest : up(taken / (1 + precision) ** (1 - shareAbove))
      return below <= low && low <= taken && taken < above ? above : below
    })
    .filter((hint) => isWide(low, hint, precision) && hint < high)
  return hints.length === 0 ? undefined : Math.max(...hints)
}

/** Loads that nothing is known between, and one of them. */
interface Gap {
  readonly from: number
  readonly to: number
  readonly next: number
}

/** The whole number inside of a gap that is nearest to what is wanted. */
function insideOf({ from, to, next }: Gap): number {
  return Math.max(from + 1, Math.min(to - 1, Math.round(next)))
}

function isWide(from: number, to: number, precision: number): boolean {
  return to > from * (1 + precision * narrowestGapShare)
}

function widthOf({ from, to }: Gap): number {
  return from === 0 || to === Infinity ? Infinity : Math.log(to / from)
}
