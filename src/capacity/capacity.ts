import type { LoadResult } from '../result/load-result.ts'
import { describeCutShort } from '../slo/fault.ts'
import { describeMachineFaults } from '../slo/machine-fault.ts'
import { evaluateObjectives, isDecided } from '../slo/evaluate.ts'
import { tightestLatencyBound } from '../slo/deadline.ts'
import { meetsAsMeasured, missesAsMeasured } from '../slo/judge.ts'
import { isLatencyOfPings, type Objective } from '../slo/objective.ts'
import type { ObjectiveVerdict, SLOVerdict, Verdict } from '../slo/verdict.ts'
import { interimEvidenceShare } from '../statistics/interim-looks.ts'
import { formatCount, formatDuration, formatRate, formatRatio } from '../units.ts'
import { explainGrowth, isAskedEnough, judgeGrowth } from './growth.ts'
import { isInColumns, isOfConnections, reasonsOf } from './miss.ts'
import {
  type CapacityInterval,
  contradictionOf,
  intervalOf,
  mostGrowth,
  type Outcome,
  type SearchRange,
  type TriedLoad,
} from './search.ts'

/** What a search for a capacity varies: pings due per second over all connections, or how many connections there are. */
export type CapacityOver = 'rate' | 'connections'

/**
 * What ends a capacity's interval above: the SLO is surely missed there; the generator, or a limit of its machine, did not bring more
 * about, so that the server may well take more; the range, all of which was kept, or none; or the search ended before it found out.
 */
export type CapacityLimit = 'slo' | 'generator' | 'machine' | 'range' | 'unknown'

/** A bound that has to be kept: `p99`, `< 20ms`, 20, in the unit that `kind` says. */
export type SearchedObjective = Pick<Objective, 'indicator' | 'kind' | 'bound' | 'limit' | 'level'>

/** One load that a search has tried. */
export interface CapacityStep<Result extends LoadResult = LoadResult> {
  /** Pings due per second, or connections. */
  readonly load: number
  /** Whether the SLO was surely kept under it (`pass`), or surely missed. */
  readonly verdict: Verdict
  /** What kept the load from being what it should, or the verdict from being one of the server. */
  readonly limitedBy?: 'generator' | 'machine' | undefined
  /** Why it is not a pass, what matters most first. */
  readonly reasons: readonly string[]
  /** Milliseconds until the server answered as quickly as before again, where it had missed the SLO; Infinity if it did not before the search ended. */
  readonly recovery?: number | undefined
  /** Absent where a limit of the machine kept the run from its start. */
  readonly summary?: Result | undefined
}

/** How a capacity was looked for, and what was found on the way. */
export interface SearchFindings<Result extends LoadResult = LoadResult> {
  readonly over: CapacityOver
  /** Pings per second of each connection, where connections are varied. */
  readonly ratePerConnection?: number | undefined
  /** Connections, where the rate is varied. */
  readonly fixedConnections?: number | undefined
  /** What has to be kept. */
  readonly objectives: readonly SearchedObjective[]
  readonly from: number
  readonly to: number
  readonly precision: number
  /** 1 - the probability that any step's verdict is wrong, so that the interval is. */
  readonly confidence: number
  /** When the first step began, ISO 8601. */
  readonly startedAt: string
  /** Milliseconds that all of it took, the flood before the first step included. */
  readonly duration: number
  /** In the order in which they were tried. */
  readonly steps: readonly CapacityStep<Result>[]
  /** Without a step: what was wrong with the flood that tells where to begin, what matters most first; empty if only time was lacking. */
  readonly firstFlood?: readonly string[] | undefined
}

/** The highest load under which a server keeps an SLO. */
export interface CapacityResult<Result extends LoadResult = LoadResult> extends Omit<
  SearchFindings<Result>,
  'fixedConnections'
> {
  /**
   * Pings per second at the capacity: half way between `low` and `high` on a logarithmic scale where the rate was varied, `low` where
   * nothing is known above; 0 if no load of the range was surely kept.
   */
  readonly rate: number
  /** Connections at the capacity, likewise. */
  readonly connections: number
  /** The highest load that was surely kept; 0 if there is none. */
  readonly low: number
  /** The lowest load that was surely missed; Infinity if there is none. */
  readonly high: number
  readonly limitedBy: CapacityLimit
  /** What there is to say of the search: what limited it, that the server was not always the same. */
  readonly reasons: readonly string[]
}

/** Of the pings of a load so many have to have been due, and of these so many sent, for it to have been what it should. */
const leastShare = 0.98
/** A width that differs by less from the precision is as precise. */
const roundingError = 1e-9
/** Where more of the pings that left had no answer, it is not the generator's doing. */
const mostUnansweredShare = 0.01
/** A load that misses the SLO as measured, and for so long not surely, is not worth more of a search's time: others are clearer. */
const giveUpAfterMs = 5_000
/** How a gap as wide as the precision lies around what a server seems to take. */
const sharesAbove = { least: 0.25, most: 0.5 }
/** Of a load that nothing became of, so many reasons are told. */
const mostReasonsOfStep = 3

/** What a verdict says of a load. */
export const wordsOfVerdict: Readonly<Record<Verdict, string>> = {
  pass: 'kept',
  fail: 'missed',
  inconclusive: 'undecided',
}

/** Between which loads a capacity lies, in words. */
export function formatEnds({ over, low, high }: Pick<CapacityResult, 'over' | 'low' | 'high'>): string {
  if (low === 0) return high < Infinity ? `below ${formatLoad(over, high)}` : 'unknown'
  return high < Infinity ? `${formatLoad(over, low)} … ${formatLoad(over, high)}` : `at least ${formatLoad(over, low)}`
}

/** What became of a step. */
export function triedLoad({ load, verdict, limitedBy, summary }: CapacityStep, over: CapacityOver): TriedLoad {
  const outcome: Outcome =
    verdict === 'pass' ? 'kept' : verdict === 'fail' ? 'missed' : limitedBy === undefined ? 'undecided' : 'out of reach'
  const served = over === 'rate' ? (summary?.throughput ?? 0) : (summary?.connections.opened ?? 0)
  return { load, outcome, served }
}

/** By what a load is judged. */
export interface StepRule {
  readonly objectives: readonly Objective[]
  /** Pings per second that were due over all connections. */
  readonly rate: number
  /** Of the capacity that is looked for. */
  readonly precision: number
}

/** One load, judged: it is kept if the SLO is, if all of it came about, and if the server keeps up with it. */
export function judgeStep(load: number, summary: LoadResult, { objectives, rate, precision }: StepRule): CapacityStep {
  const judged = evaluateObjectives(summary, objectives)
  const shortfall = describeShortfall(summary, rate)
  const growth = judged.vacuous ? 'inconclusive' : judgeGrowth(summary, { precision, objectives })
  // Whether that was too much is known when the server has had the time to recover.
  const isUnanswered = summary.pings.answered === 0
  const verdict = isUnanswered ? 'inconclusive' : verdictOf(judged, growth, shortfall !== undefined)
  const isLimited = verdict === 'inconclusive' && summary.ended !== 'incomplete'
  const limitedBy = isLimited ? whoLimited(summary, judged, shortfall !== undefined) : undefined
  const lacks = [
    ...(shortfall === undefined ? [] : [shortfall]),
    ...(growth === 'pass' ? [] : [explainGrowth(summary, { precision, objectives }, growth)]),
  ]
  const isOwnVerdict = !isUnanswered && verdict !== judged.verdict
  const reasons = [
    ...(isOwnVerdict ? lacks.slice(0, 1) : reasonsOf(summary, judged)),
    ...(judged.bottleneck === undefined ? [] : [judged.bottleneck]),
  ]
  return { load, verdict, ...(limitedBy !== undefined && { limitedBy }), reasons, summary }
}

/** What keeps an SLO is kept only where the server keeps up with the whole load; one that it surely does not is missed in the end. */
function verdictOf({ verdict, vacuous }: SLOVerdict, growth: Verdict, isShort: boolean): Verdict {
  if (verdict === 'fail' || vacuous) return verdict
  if (isShort) return 'inconclusive'
  return growth === 'fail' ? 'fail' : verdict === 'pass' ? growth : 'inconclusive'
}

/** Whether an interim look is enough to judge a load. */
export function isStepDecided(soFar: LoadResult, { objectives, precision }: Omit<StepRule, 'rate'>): boolean {
  if (isHopeless(soFar, objectives)) return true
  const growth = judgeGrowth(soFar, { precision, objectives }, interimEvidenceShare)
  if (growth === 'fail') return true
  if (!isDecided(soFar, objectives)) return false
  return growth === 'pass' || evaluateObjectives(soFar, objectives).verdict !== 'pass'
}

/** Whether a load misses the SLO as measured, and does so for long, or pings wait on account of the generator's own limit. */
function isHopeless(soFar: LoadResult, objectives: readonly Objective[]): boolean {
  if (soFar.duration < giveUpAfterMs) return false
  const judged = evaluateObjectives(soFar, objectives)
  const isMissed = judged.objectives.some((one) => one.level === 'fail' && missesAsMeasured(one))
  return isMissed || isHeldBackOpen(soFar, judged)
}

/**
 * A load after which the server had the time to recover. One under which it answered nothing, though it did before and does after, is
 * missed: a verdict on that flood alone cannot know.
 * @param recovery milliseconds that it took; Infinity if it did not
 */
export function recoveredFrom(step: CapacityStep, recovery: number): CapacityStep {
  const { pings, connections } = step.summary ?? {}
  const wasThere = connections !== undefined && connections.opened > 0 && step.limitedBy !== 'machine'
  const isMute = step.verdict === 'inconclusive' && wasThere && pings?.answered === 0
  if (!isMute || recovery === Infinity) return { ...step, recovery }
  const { limitedBy: _, ...rest } = step
  const reason = 'nothing was answered, though the server answers before and after'
  return { ...rest, verdict: 'fail', reasons: [reason, ...step.reasons], recovery }
}

/** That fewer pings were due than should have been. */
function describeShortfall({ pings, duration }: LoadResult, rate: number): string | undefined {
  const wanted = Math.floor((rate * duration) / 1_000)
  // The first and the last one may lie outside of what was measured.
  if (pings.due >= leastShare * wanted - 1) return undefined
  return `${formatCount(pings.due)} of ${formatCount(wanted)} pings were due when they should have been`
}

/** Whose doing it is that a load was not decided on; `undefined` if it is the server's, or only evidence was lacking. */
function whoLimited(result: LoadResult, judged: SLOVerdict, isShort: boolean): CapacityStep['limitedBy'] {
  if (describeMachineFaults(result).length > 0) return 'machine'
  // That pings left late explains no missing answers.
  const { sent, answered, timedOut, lost } = result.pings
  if (answered === 0 || timedOut + lost > mostUnansweredShare * sent) return undefined
  return isShort || isOwnDoing(result, judged) || isHeldBackOpen(result, judged) ? 'generator' : undefined
}

/** Whether a saturated generator sent too little, or what it cannot tell from its own doing decides a bound. */
function isOwnDoing({ generator, pings: { due, sent } }: LoadResult, { objectives }: SLOVerdict): boolean {
  if (!generator.saturated) return false
  return sent < leastShare * due || objectives.some((one) => one.level === 'fail' && isOpen(one))
}

/** Whether pings that waited for its own limit on pings under way decide a bound on their latency. */
function isHeldBackOpen(result: LoadResult, { objectives }: SLOVerdict): boolean {
  if (isAskedEnough(result, objectives)) return false
  return objectives.some((one) => one.level === 'fail' && isLatencyOfPings(one) && isOpen(one))
}

/** Whether a bound is neither met nor missed as measured: that depends on what the generator cannot tell. */
function isOpen(objective: ObjectiveVerdict): boolean {
  return !meetsAsMeasured(objective) && !missesAsMeasured(objective)
}

/**
 * Where a search looks, and by which steps. The first rate is so much above what the server seems to take that what waits takes as long
 * as the tightest bound on a latency within a second, as far as half of the precision allows.
 */
export function rangeOf({
  over,
  from,
  to,
  precision,
  objectives,
}: Pick<SearchFindings, 'over' | 'from' | 'to' | 'precision' | 'objectives'>): SearchRange {
  const surplus = tightestLatencyBound(objectives) / 1_000
  const shareAbove = Math.log1p(surplus) / Math.log1p(precision)
  return {
    from,
    to,
    precision,
    shareAbove: Math.min(sharesAbove.most, Math.max(sharesAbove.least, shareAbove)),
    // Where to begin with connections is a guess without a reason.
    firstGrowth: over === 'rate' ? 1 + precision : mostGrowth,
    isWhole: over === 'connections',
  }
}

/** What a search has found. */
export function capacityOf<Result extends LoadResult>(search: SearchFindings<Result>): CapacityResult<Result> {
  const { fixedConnections = 0, ...rest } = search
  const tried = search.steps.map((step) => triedLoad(step, search.over))
  const { low, high } = intervalOf(tried)
  const middle = high === Infinity ? low : Math.sqrt(low * high)
  const load = search.over === 'connections' ? Math.round(middle) : middle
  const limitedBy = limitOf(search, tried)
  return {
    ...rest,
    rate: search.over === 'rate' ? load : load * (search.ratePerConnection ?? 0),
    connections: search.over === 'rate' ? fixedConnections : load,
    low,
    high,
    limitedBy,
    reasons: [
      ...relapses(search),
      ...whyMissed(search, high),
      ...tooLow(search, high),
      ...limitReasons(search, limitedBy, { low, high }),
      ...contradictions(search, tried),
      ...imprecision(search, low, high),
    ],
  }
}

function limitOf({ steps, from, to }: SearchFindings, tried: readonly TriedLoad[]): CapacityLimit {
  const { low, high } = intervalOf(tried)
  const lowest = tried.toSorted((one, other) => one.load - other.load)[0]
  if (low === 0 && lowest?.outcome === 'missed' && lowest.load <= from) return 'range'
  if (high < Infinity) return 'slo'
  if (low >= to) return 'range'
  const outOfReach = steps.filter(
    ({ load, verdict, limitedBy }) => load > low && verdict !== 'pass' && limitedBy !== undefined,
  )
  return outOfReach.toSorted((one, other) => one.load - other.load)[0]?.limitedBy ?? 'unknown'
}

function limitReasons(search: SearchFindings, limitedBy: CapacityLimit, { low, high }: CapacityInterval): string[] {
  const { steps, from, to, over } = search
  const format = (load: number): string => formatLoad(over, load)
  const isHelpless = isLost(search) || tooLow(search, high).length > 0
  const unless = (cure: string): string => (isHelpless ? '' : `: ${cure}`)
  if (limitedBy === 'range') {
    return low === 0
      ? [`the lowest load of the range, ${format(from)}, was missed${unless('begin the search lower')}`]
      : [`the highest load of the range, ${format(to)}, was kept: the server may take more`]
  }
  if (limitedBy === 'slo') {
    return steps.some(({ verdict }) => verdict === 'pass')
      ? []
      : [`no load was surely kept${unless('give it more time (maxDuration), or end the range lower (to)')}`]
  }
  const last = steps.at(-1)
  if (limitedBy === 'unknown') {
    return [
      ...(last === undefined ? describeNoBeginning(search) : isLost(search) ? [] : describeEnd(last)),
      ...(last?.reasons.slice(0, mostReasonsOfStep) ?? []),
    ]
  }
  const step = steps.find((one) => one.limitedBy === limitedBy && one.load > low)!
  return [`${describeLimit(search, step)}: the server may take more`, ...step.reasons.slice(0, 1)]
}

/** Why the lowest load that was too much was missed, where the columns do not show it. */
function whyMissed({ steps, over, objectives }: SearchFindings, high: number): string[] {
  const reason = steps.findLast(({ load, verdict }) => load === high && verdict === 'fail')?.reasons[0]
  if (reason === undefined || isInColumns(reason, objectives)) return []
  return [`missed at ${formatLoad(over, high)}: ${reason}`]
}

/** Pings per second that are due under a load. */
function rateOf({ over, ratePerConnection = 0 }: SearchFindings, load: number): number {
  return over === 'rate' ? load : load * ratePerConnection
}

/** Bounds on a rate that a load has too few pings for, whatever the server does. */
function tooLow(search: SearchFindings, load: number): string[] {
  return search.objectives
    .filter(({ kind, level, limit, bound }) => {
      const rate = rateOf(search, load)
      return kind === 'rate' && level === 'fail' && (bound.startsWith('> ') ? limit >= rate : limit > rate)
    })
    .map(
      ({ indicator, bound }) =>
        `no load up to ${formatLoad(search.over, load)} can meet ${indicator} ${bound}: begin the search higher (from)`,
    )
}

/** Whether neither more time nor a lower range can help: the server did not recover, or does not take all connections at the lowest rate either. */
function isLost({ steps, over, from }: SearchFindings): boolean {
  if (steps.some(({ recovery }) => recovery === Infinity)) return true
  const [lowest] = steps.toSorted((one, other) => one.load - other.load)
  if (over === 'connections' || lowest?.verdict !== 'fail' || lowest.summary === undefined) return false
  const { opened, requested } = lowest.summary.connections
  return (lowest.load <= from || opened < requested) && isOfConnections(lowest.reasons[0] ?? '', lowest.summary)
}

/** Why a search ended that has tried no load. */
function describeNoBeginning({ firstFlood }: SearchFindings): string[] {
  const ended = 'the search ended before its first load'
  if (firstFlood === undefined) return [ended]
  const [first = 'give it more time (maxDuration)', ...more] = firstFlood
  return [`${ended}: ${first}`, ...more]
}

/** Why a search ended that found no limit. */
function describeEnd(last: CapacityStep): string[] {
  if (last.summary?.ended === 'aborted') return ['the search was interrupted']
  if (last.summary?.ended === 'incomplete') return describeCutShort(last.summary)
  if (last.summary?.pings.answered === 0) return []
  return ['the search ended before it found a load that is surely too much: give it more time (maxDuration)']
}

/** That the interval is wider than it was to be, and why it did not become any narrower. */
function imprecision(search: SearchFindings, low: number, high: number): string[] {
  const { over, precision, steps } = search
  const isWhole = over === 'connections' && high - low <= 1
  const width = high / low - 1
  if (low === 0 || high === Infinity || isWhole || width <= precision * (1 + roundingError)) return []
  const limited = steps.find(({ load, limitedBy }) => load > low && load < high && limitedBy !== undefined)
  const cure = limited === undefined ? 'give it more time (maxDuration)' : describeLimit(search, limited)
  const helps = limited !== undefined || !isLost(search)
  const found = `the interval is ${formatRatio(width)} wide, ${formatRatio(precision)} was asked for`
  return [helps ? `${found}: ${cure}` : found]
}

/** Who did not bring a load about, or did, but cannot tell what of it was the server's doing. */
function describeLimit(search: SearchFindings, { load, limitedBy, summary }: CapacityStep): string {
  const named = formatLoad(search.over, load)
  if (limitedBy === 'machine') return `this machine did not bring about ${named}`
  const isThere = summary !== undefined && isBroughtAbout(summary, rateOf(search, load))
  return `the load generator ${isThere ? `cannot tell whether ${named} was kept` : `did not bring about ${named}`}`
}

function isBroughtAbout(result: LoadResult, rate: number): boolean {
  const { due, sent } = result.pings
  return describeShortfall(result, rate) === undefined && sent >= leastShare * due
}

function contradictions({ over }: SearchFindings, tried: readonly TriedLoad[]): string[] {
  const found = contradictionOf(tried)
  if (found === undefined) return []
  const [kept, missed] = [formatLoad(over, found.kept), formatLoad(over, found.missed)]
  return [
    `the server is not always the same: it surely kept ${kept} at one time and surely missed ${missed} at another`,
  ]
}

/** Steps after which the server did not become itself again. */
function relapses({ steps, over }: SearchFindings): string[] {
  return steps
    .filter(({ recovery }) => recovery === Infinity)
    .map(({ load }) => `the server did not recover from ${formatLoad(over, load)}, which ended the search`)
}

/** A load with its unit. */
export function formatLoad(over: CapacityOver, load: number): string {
  return over === 'rate' ? formatRate(load) : `${formatCount(load)} ${load === 1 ? 'connection' : 'connections'}`
}

/** The bounds that have to be kept, in words: `p99 < 20ms, errorRate < 1%`. */
export function formatObjectives({ objectives }: Pick<SearchFindings, 'objectives'>): string {
  return objectives
    .filter(({ level }) => level === 'fail')
    .map(({ indicator, bound }) => `${indicator} ${bound}`)
    .join(', ')
}

/** How long a server took to become itself again. */
export function formatRecovery(recovery: number): string {
  return recovery === Infinity ? 'never' : formatDuration(recovery)
}
