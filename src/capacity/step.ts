import type { LoadResult } from '../result/load-result.ts'
import { evaluateObjectives, isDecided } from '../slo/evaluate.ts'
import { describeOpened } from '../slo/fault.ts'
import { meets, meetsAsMeasured, missesAsMeasured } from '../slo/judge.ts'
import { describeMachineFaults } from '../slo/machine-fault.ts'
import { isLatencyOfPings, type Objective } from '../slo/objective.ts'
import { observeRun } from '../slo/observation.ts'
import { describeHeldBack, readOpened } from '../slo/reading.ts'
import type { ObjectiveVerdict, SLOVerdict, Verdict } from '../slo/verdict.ts'
import { interimEvidenceShare } from '../statistics/interim-looks.ts'
import { formatCount, formatDuration } from '../units.ts'
import { explainGrowth, isAskedEnough, judgeGrowth } from './growth.ts'
import type { CapacityOver } from './load.ts'
import { reasonsOf } from './miss.ts'
import type { Outcome, TriedLoad } from './search.ts'

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
  /** Absent where a limit of the machine kept the run from its start, and, without `limitedBy`, where it failed, which ended the search. */
  readonly summary?: Result | undefined
}

/** Whether the run of a load failed, which ended its search. */
export function hasFailed({ summary, limitedBy }: CapacityStep): boolean {
  return summary === undefined && limitedBy === undefined
}

/** Whether a load was not tried to its end, which ended its search: its run failed, lost an agent, or was aborted. */
export function isStepCutShort(step: CapacityStep): boolean {
  return hasFailed(step) || (step.summary !== undefined && isPartial(step.summary))
}

function isPartial({ ended }: LoadResult): boolean {
  return ended === 'incomplete' || ended === 'aborted'
}

/** By what a load is judged. */
export interface StepRule {
  readonly objectives: readonly Objective[]
  /** Pings per second that were due over all connections. */
  readonly rate: number
  /** Of a search that varies them. */
  readonly connections?: number | undefined
  /** Of the capacity that is looked for. */
  readonly precision: number
}

/** Of the pings of a load so many have to have been due, and of these so many sent, for it to have been what it should. */
const leastShare = 0.98
/** By so many standard deviations a Poisson process has fewer arrivals than on average (less than 1 time in 30,000). */
const mostDeviations = 4
/** Where more of the pings that left had no answer, it is not the generator's doing. */
const mostUnansweredShare = 0.01
/** A load that misses the SLO as measured, and for so long not surely, is not worth more of a search's time: others are clearer. */
const giveUpAfterMs = 5_000

/** What a verdict says of a load. */
export const wordsOfVerdict: Readonly<Record<Verdict, string>> = {
  pass: 'kept',
  fail: 'missed',
  inconclusive: 'undecided',
}

/** One load, judged: it is kept if the SLO is, if all of it came about, and if the server keeps up with it. */
export function judgeStep(
  load: number,
  summary: LoadResult,
  { objectives, rate, connections = 0, precision }: StepRule,
): CapacityStep {
  const judged = withoutOwnDrops(summary, evaluateObjectives(summary, objectives))
  const absence = describeAbsence(summary, connections)
  const shortfall = describeShortfall(summary, rate)
  const growth = judged.vacuous ? 'inconclusive' : judgeGrowth(summary, { precision, objectives })
  // Whether that was too much is known when the server has had the time to recover.
  const isUnanswered = summary.pings.answered === 0
  const ofAll = absence === undefined ? judged : { ...judged, verdict: verdictOnAbsence(summary, judged, connections) }
  const verdict = isUnanswered ? 'inconclusive' : verdictOf(ofAll, growth, shortfall !== undefined)
  const isLimited = verdict === 'inconclusive' && !isPartial(summary)
  const limitedBy = isLimited ? whoLimited(summary, judged, shortfall !== undefined) : undefined
  const lacks = [
    ...(absence === undefined ? [] : [absence]),
    ...(shortfall === undefined ? [] : [shortfall]),
    ...(isHeldBackOpen(summary, judged) ? [describeHeldBack(summary.generator.heldBack)] : []),
    ...(growth === 'pass' ? [] : [explainGrowth(summary, { precision, objectives }, growth)]),
  ]
  const isOwnVerdict = !isUnanswered && verdict !== judged.verdict
  const reasons = [
    ...(isOwnVerdict ? lacks.slice(0, 1) : reasonsOf(summary, judged)),
    ...(judged.bottleneck === undefined ? [] : [judged.bottleneck]),
  ]
  return { load, verdict, ...(limitedBy !== undefined && { limitedBy }), reasons, summary }
}

/**
 * Pings that waited for the generator's own limit on pings under way until they were dropped miss no bound, unless more of those that left
 * had no answer than is its doing.
 */
function withoutOwnDrops(result: LoadResult, judged: SLOVerdict): SLOVerdict {
  const { sent, timedOut, lost } = result.pings
  const unanswered = sent === 0 ? 0 : (timedOut + lost) / sent
  const isOfDrops = (missed: ObjectiveVerdict): boolean =>
    missed.indicator === 'dropped' || (missed.indicator === 'errorRate' && meets(unanswered, missed))
  const missed = judged.objectives.filter(({ level, verdict }) => level === 'fail' && verdict === 'fail')
  const areDrops = missed.length > 0 && missed.every(isOfDrops)
  const isOfServer = unanswered > mostUnansweredShare || isAskedEnough(result, judged.objectives)
  if (judged.verdict !== 'fail' || !areDrops || isOfServer || isPartial(result)) return judged
  return {
    ...judged,
    verdict: 'inconclusive',
    reasons: [describeHeldBack(result.generator.heldBack), ...judged.reasons],
  }
}

/** What keeps an SLO is kept only where the server keeps up with the whole load; one that it surely does not is missed in the end. */
function verdictOf({ verdict, vacuous }: SLOVerdict, growth: Verdict, isShort: boolean): Verdict {
  if (verdict === 'fail' || vacuous) return verdict
  if (isShort) return 'inconclusive'
  return growth === 'fail' ? 'fail' : verdict === 'pass' ? growth : 'inconclusive'
}

/** Whether an interim look is enough to judge a load. */
export function isStepDecided(
  soFar: LoadResult,
  { objectives, precision, connections = 0 }: Omit<StepRule, 'rate'>,
): boolean {
  if (describeAbsence(soFar, connections) !== undefined) return true
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
  // Pings that a stall of the server held back are soon a small share of all.
  return isMissed || (!isAskedEnough(soFar, judged.objectives) && boundedLatencies(judged).some(isOpen))
}

/**
 * A load after which the server had the time to recover. One under which it answered nothing, though it did before and does after, is
 * missed: a verdict on that flood alone cannot know.
 * @param recovery milliseconds that it took; Infinity if it did not
 */
export function recoveredFrom(step: CapacityStep, recovery: number): CapacityStep {
  const { pings, connections } = step.summary ?? {}
  const wasThere = connections !== undefined && connections.opened > 0 && step.limitedBy !== 'machine'
  const wasAsked = pings !== undefined && pings.sent > 0 && pings.answered === 0
  const isMute = step.verdict === 'inconclusive' && wasThere && wasAsked
  if (!isMute || recovery === Infinity) return { ...step, recovery }
  const { limitedBy: _, ...rest } = step
  const reason = 'nothing was answered, though the server answers before and after'
  return { ...rest, verdict: 'fail', reasons: [reason, ...step.reasons], recovery }
}

/** That fewer connections opened than are to be kept, whatever else is. */
function describeAbsence(result: LoadResult, wanted: number): string | undefined {
  const { connections } = result
  if (connections.opened >= leastShare * wanted) return undefined
  return [describeOpened(connections), ...describeMachineFaults(result)].join('; ')
}

/** Connections that a bound of its own allows to be absent are none of a capacity, unless the generator or its machine kept them from it. */
function verdictOnAbsence(result: LoadResult, { verdict, vacuous }: SLOVerdict, wanted: number): Verdict {
  if (verdict === 'fail' || vacuous || isPartial(result)) return verdict
  return readOpened(observeRun(result)).ceiling < leastShare * wanted ? 'fail' : 'inconclusive'
}

/** That fewer pings were due than should have been. */
function describeShortfall({ pings, duration, options }: LoadResult, rate: number): string | undefined {
  const wanted = Math.floor((rate * duration) / 1_000)
  // Evenly spaced, the first and the last one may lie outside of what was measured.
  const byChance = options.arrivals === 'poisson' ? mostDeviations * Math.sqrt(wanted) : 1
  if (pings.due >= leastShare * wanted - byChance) return undefined
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

/** Whether pings that waited for its own limit on pings under way decide a bound on their latency, or whether the server keeps up where there is none. */
function isHeldBackOpen(result: LoadResult, judged: SLOVerdict): boolean {
  if (isAskedEnough(result, judged.objectives)) return false
  const latencies = boundedLatencies(judged)
  return latencies.length === 0 || latencies.some(isOpen)
}

function boundedLatencies({ objectives }: SLOVerdict): ObjectiveVerdict[] {
  return objectives.filter((one) => one.level === 'fail' && isLatencyOfPings(one))
}

/** Whether a bound is neither met nor missed as measured: that depends on what the generator cannot tell. */
function isOpen(objective: ObjectiveVerdict): boolean {
  return !meetsAsMeasured(objective) && !missesAsMeasured(objective)
}

export function isBroughtAbout(result: LoadResult, rate: number): boolean {
  const { due, sent } = result.pings
  return describeShortfall(result, rate) === undefined && sent >= leastShare * due
}

/** What became of a step. */
export function triedLoad({ load, verdict, limitedBy, summary }: CapacityStep, over: CapacityOver): TriedLoad {
  const outcome: Outcome =
    verdict === 'pass' ? 'kept' : verdict === 'fail' ? 'missed' : limitedBy === undefined ? 'undecided' : 'out of reach'
  const served = over === 'rate' ? (summary?.throughput ?? 0) : (summary?.connections.opened ?? 0)
  return { load, outcome, served }
}

/** How long a server took to become itself again. */
export function formatRecovery(recovery: number): string {
  return recovery === Infinity ? 'never' : formatDuration(recovery)
}
