import { WsLoadError } from '../errors.ts'
import { show } from '../wording.ts'
import type { LoadResult } from '../result/load-result.ts'
import { formatCount, formatDuration, formatRatio } from '../units.ts'
import { formatBracket, formatRange } from './bracket.ts'
import { type Evidence, evidenceFor } from './evidence.ts'
import { describeFaults } from './fault.ts'
import { findIndicator, type IndicatorReader, kinds } from './indicator.ts'
import { type Comparison, type Objective, parseSLO, type SLO } from './objective.ts'
import { worstStretch } from './stretch.ts'
import type { ObjectiveVerdict, SLOVerdict, Verdict } from './verdict.ts'

/** How {@link evaluateSLO} judges. */
export interface Judgement {
  /** 1 - the probability of a wrong verdict, between 0.5 and 1. Default: the run's own `confidence`, 0.99. */
  readonly confidence?: number
}

const defaultConfidence = 0.99
const clearly = 0.75
/** Longer runs that a reason thinks of. */
const longerRuns = [1.5, 2, 3, 4, 5, 7, 10, 20, 50, 100]

/**
 * Judges a run by an SLO.
 *
 * An objective passes when its true value surely meets the bound, fails when it surely misses it, and is inconclusive in
 * between. Surely: at the confidence asked for, with the dependence between samples accounted for, and whatever the
 * generator could not see being to the objective's disadvantage on a pass, to its advantage on a fail. Counts, minimum
 * and maximum are facts about the run, judged as they are.
 *
 * The error probability, 1 - confidence, is shared by the looks that were planned (`LoadResult.looks`). For a pass every
 * objective has to pass, so each may use all of it (intersection–union test: Berger, Technometrics 24 (1982)); one is
 * enough for a fail, so they share it (Bonferroni).
 *
 * Pings that timed out or were lost are infinitely slow, coalesced ones do not count; pings that were
 * due but never sent keep a response time from passing, not from failing. What a saturated generator may have done
 * itself fails nothing: rates it did not reach, pings it dropped, that left late or that timed out.
 *
 * A run is never passed for something it did not do:
 * - nothing was answered, or the run was aborted: everything is inconclusive, and the verdict `vacuous`;
 * - an indicator has no value, or too few samples: that objective is inconclusive;
 * - fewer connections opened than were requested, or some ended before the run did: fail, unless the SLO itself has a
 *   bound on `opened` or `closedEarly`;
 * - every connection was gone before the run's end: fail.
 *
 * The verdict is fail if anything failed, else inconclusive if anything was, else pass; bounds of level `warn` only warn.
 * @throws {WsLoadError} WSLOAD_ERR_INVALID_SLO, see {@link parseSLO}; WSLOAD_ERR_INVALID_OPTIONS for a confidence that is
 * none
 */
export function evaluateSLO(
  result: LoadResult,
  slo: SLO,
  { confidence = confidenceOf(result) }: Judgement = {},
): SLOVerdict {
  return judgeSLO(result, slo, confidence, 1)
}

/**
 * Whether a run so far is decided so clearly that the pings still under way will hardly change it: with three quarters of
 * the evidence it would be as well.
 * @throws {WsLoadError} as {@link evaluateSLO}
 */
export function isDecided(result: LoadResult, slo: SLO): boolean {
  return judgeSLO(result, slo, confidenceOf(result), clearly).verdict !== 'inconclusive'
}

/** @param part of the evidence that has to suffice */
function judgeSLO(result: LoadResult, slo: SLO, confidence: number, part: number): SLOVerdict {
  checkConfidence(confidence)
  const objectives = parseSLO(slo)
  const invalid = whyInvalid(result)
  const worstFault = describeFaults(result.errors).slice(0, 1)
  const error = (1 - confidence) / result.looks.planned
  const budget = { pass: error, fail: error / objectives.length, confidence, part }
  if (invalid !== undefined) {
    const verdicts = objectives.map((objective) => unknown(result, objective, invalid))
    const reasons = [invalid, ...worstFault]
    return { verdict: 'inconclusive', vacuous: true, reasons, warnings: [], objectives: verdicts, confidence }
  }
  const bounded = new Set(objectives.map(({ indicator }) => indicator))
  const implied = judgeConnections(result).filter(
    ({ indicator, verdict }) => verdict !== 'pass' && !bounded.has(indicator),
  )
  const verdicts = [...objectives.map((objective) => judge(result, objective, budget)), ...implied]
  const missed = verdicts.filter(({ verdict, level }) => level === 'fail' && verdict !== 'pass')
  const warned = verdicts.filter(({ verdict, level }) => level === 'warn' && verdict !== 'pass')
  const undecided = missed.some(({ verdict }) => verdict === 'inconclusive')
  const gone = `every connection was gone ${formatDuration(result.duration)} into the measured window`
  const reasons = new Set([
    ...(undecided ? result.generator.reasons : []),
    ...(result.ended === 'disconnected' ? [gone, ...worstFault] : []),
    ...missed.map(({ reason }) => reason),
  ])
  const failed = result.ended === 'disconnected' || missed.some(({ verdict }) => verdict === 'fail')
  return {
    verdict: failed ? 'fail' : undecided ? 'inconclusive' : 'pass',
    vacuous: missed.some(({ low }) => Number.isNaN(low)),
    reasons: [...reasons],
    warnings: warned.map(({ reason }) => reason),
    objectives: verdicts,
    confidence,
  }
}

/** Error probabilities of an objective's pass and of its fail. */
interface Budget {
  readonly pass: number
  readonly fail: number
  /** Of the verdict as a whole. */
  readonly confidence: number
  /** How much of the evidence has to suffice. */
  readonly part: number
}

function judge(result: LoadResult, objective: Objective, budget: Budget): ObjectiveVerdict {
  const reader = findIndicator(objective.indicator)!
  if (objective.window === undefined) return judgeWhole(result, objective, reader, budget)
  const stretches = worstStretch(result, objective.window, (part, parts) => {
    return judgeWhole(part, objective, reader, { ...budget, fail: budget.fail / parts })
  })
  const { window } = objective
  return (
    stretches ??
    unknown(
      result,
      objective,
      `${objective.indicator}: the run is shorter than the ${formatDuration(window)} of the bound`,
    )
  )
}

function judgeWhole(
  result: LoadResult,
  objective: Objective,
  reader: IndicatorReader,
  budget: Budget,
): ObjectiveVerdict {
  const { indicator, limit } = objective
  const { doubt, ...bracket } = reader.read(result)
  if (Number.isNaN(bracket.floor + bracket.ceiling))
    return unknown(result, objective, `${indicator}: nothing was measured`)
  const lower = reader.better === 'lower'
  const tails = lower ? { lower: budget.fail, upper: budget.pass } : { lower: budget.pass, upper: budget.fail }
  const decideOn = (low: number, high: number) => decide(objective, lower ? [low, high] : [high, low])
  const outlook = evidenceFor(result, reader, limit, tails)
  const evidence = outlook(budget.part)
  const verdict = decideOn(evidence.low, evidence.high)
  const [best, worst] = lower ? [bracket.floor, bracket.ceiling] : [bracket.ceiling, bracket.floor]
  const sure = verdict === 'pass' ? worst : verdict === 'fail' ? best : bracket.measured
  const margin = lower ? limit - sure : sure - limit
  const blurred = decideOn(bracket.floor, bracket.ceiling) === 'inconclusive'
  const longer = (): number | undefined =>
    longerRuns.find((times) => {
      const { low, high } = outlook(times)
      return decideOn(low, high) !== 'inconclusive'
    })
  return {
    ...objective,
    ...bracket,
    ...evidence,
    verdict,
    margin,
    excess: margin === 0 ? 0 : -margin / limit,
    reason:
      verdict === 'inconclusive'
        ? blurred
          ? `${indicator}: ${doubt}`
          : lacking(objective, evidence, budget.confidence, longer())
        : `${indicator} is ${formatBracket(bracket, kinds[objective.kind].format)}, the limit is ${objective.bound}`,
  }
}

function decide({ comparison, limit }: Objective, [best, worst]: readonly number[]): Verdict {
  if (holds(worst!, comparison, limit)) return 'pass'
  return holds(best!, comparison, limit) ? 'inconclusive' : 'fail'
}

/** What is missing for a verdict, and what would help. */
function lacking(objective: Objective, evidence: Evidence, confidence: number, longer: number | undefined): string {
  const { indicator, kind, bound } = objective
  const { low, high, samplesNeeded, effectiveSamples } = evidence
  const { format } = kinds[kind]
  const range = high === Infinity ? `${format(low)} or more` : formatRange(low, high, format)
  const few = samplesNeeded > effectiveSamples && high === Infinity
  return [
    `not enough evidence: ${indicator} is ${range} at ${formatRatio(confidence)} confidence, the limit is ${bound}`,
    ...describeSamples(objective, evidence),
    ...(few ? [`it takes ${formatCount(samplesNeeded)}`] : []),
    longer === undefined ? 'it is too near to be decided by a longer run' : `run about ${longer} times longer`,
  ].join('; ')
}

function describeSamples({ indicator }: Objective, { samples, effectiveSamples, resolved }: Evidence): string[] {
  if (effectiveSamples === 0) return resolved ? [] : ['it is still changing']
  const what = indicator.startsWith('handshake.') ? 'connections' : 'pings'
  const independent = formatCount(Math.floor(effectiveSamples))
  const telling = effectiveSamples < 0.8 * samples ? ` tell as much as ${independent} independent ones` : ''
  return [`${formatCount(samples)} ${what}${telling}`]
}

function unknown(result: LoadResult, objective: Objective, reason: string): ObjectiveVerdict {
  const { doubt: _, ...bracket } = findIndicator(objective.indicator)!.read(result)
  return {
    ...objective,
    ...bracket,
    low: NaN,
    high: NaN,
    samples: 0,
    effectiveSamples: 0,
    samplesNeeded: 0,
    resolved: false,
    verdict: 'inconclusive',
    margin: NaN,
    excess: NaN,
    reason,
  }
}

function holds(value: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
  }
}

function judgeConnections(result: LoadResult): ObjectiveVerdict[] {
  const { requested, opened, closedEarly } = result.connections
  const budget = { pass: 0, fail: 0, confidence: 1, part: 1 }
  const open = {
    indicator: 'opened',
    kind: 'count',
    comparison: '>=',
    limit: requested,
    bound: `>= ${requested}`,
    level: 'fail',
  } as const
  const kept = {
    indicator: 'closedEarly',
    kind: 'count',
    comparison: '<=',
    limit: 0,
    bound: '<= 0',
    level: 'fail',
  } as const
  const [have, ended, wanted] = [opened, closedEarly, requested].map(formatCount)
  return [
    { ...judge(result, open, budget), reason: `${have} of ${wanted} connections opened` },
    { ...judge(result, kept, budget), reason: `${ended} of ${wanted} connections ended before the run did` },
  ]
}

/** The confidence that a run was asked to be judged at. */
export function confidenceOf({ options }: LoadResult): number {
  return typeof options['confidence'] === 'number' ? options['confidence'] : defaultConfidence
}

function checkConfidence(confidence: unknown): void {
  if (typeof confidence === 'number' && confidence > 0.5 && confidence < 1) return
  throw new WsLoadError(
    'WSLOAD_ERR_INVALID_OPTIONS',
    `confidence: expected a probability above 0.5 and below 1, got ${show(confidence)}`,
  )
}

/** Why a run says nothing about its target, if it does not. */
function whyInvalid({ pings, connections, ended, duration }: LoadResult): string | undefined {
  const aborted =
    ended === 'aborted' ? [`the run was aborted ${formatDuration(duration)} into its measured window`] : []
  if (pings.answered > 0) return aborted[0]
  const opened = `${formatCount(connections.opened)} of ${formatCount(connections.requested)} connections opened`
  const unanswered = pings.sent === 0 ? 'no ping was sent' : `none of ${formatCount(pings.sent)} pings was answered`
  return [`nothing was measured, ${opened}`, unanswered, ...aborted].join(', ')
}
