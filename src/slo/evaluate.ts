import { WsLoadError } from '../errors.ts'
import { show } from '../wording.ts'
import type { FanOutResult, LoadResult } from '../result/load-result.ts'
import { Slices } from '../result/slices.ts'
import { interimEvidenceShare } from '../statistics/interim-looks.ts'
import { formatCount } from '../units.ts'
import { describeBottleneck } from './bottleneck.ts'
import { isFact } from './evidence.ts'
import {
  describeCutShort,
  describeEarlyEnds,
  describeFaults,
  describeMisrouted,
  describeOpened,
  describeRefused,
  intoWindow,
} from './fault.ts'
import { findIndicator, isOfServer, observedBy } from './indicator.ts'
import { describeFallingBehind, mayFallBehind } from './growth.ts'
import { checkConfidence, checkJudgement, type Judgement } from './judgement.ts'
import { findSlowPings } from './slow-pings.ts'
import { countMachineFaults, describeMachineFaults } from './machine-fault.ts'
import { type DecisionRule, judgeObjective, unmeasured } from './judge.ts'
import { invalidSLO, mistakesFor, type Objective, parseSLO, type SLO } from './objective.ts'
import { type Observation, observeRun } from './observation.ts'
import { describeAstray, describeIslands } from './other-machines.ts'
import { describeSurplus, withoutAnswers } from './surplus.ts'
import type { ObjectiveVerdict, SLOVerdict, Verdict } from './verdict.ts'

/**
 * Judges a run by an SLO.
 *
 * An objective passes when its true value surely meets the bound, fails when it surely misses it, and is inconclusive in
 * between. Surely: at the confidence asked for, with the dependence between samples accounted for, and whatever the
 * generator could not see being to the objective's disadvantage on a pass, to its advantage on a fail. Counts, minimum
 * and maximum are facts about the run, judged as they are.
 *
 * The error probability, 1 - confidence, is shared by the interim looks that were planned (`LoadResult.looks`). For a pass
 * every objective has to pass, so each may use all of it (intersection–union test: Berger, Technometrics 24 (1982)); one
 * is enough for a fail, so those that are not about facts share it (Bonferroni).
 *
 * Pings that timed out or were lost are infinitely slow, coalesced ones took until the answer that stands for theirs; pings
 * that were due but never sent keep a response time from passing, not from failing. What a saturated generator may have done
 * itself fails nothing: rates it did not reach, pings it dropped, that left late or that timed out. Nor does what a silence
 * of the generator may have caused: connections that ended within a second of it, and their pings; nor connections that a
 * limit of its machine did not allow.
 *
 * A run is never passed for something it did not do:
 * - nothing was answered, the run was aborted or an agent was lost: everything is inconclusive, and the verdict `vacuous`; but
 *   connections that were ended where nothing was answered are a fail, as below;
 * - answers were matched by their order, and messages came when no ping was unanswered (`LoadResult.messages.surplus`):
 *   likewise, but that a fail in the open model stands;
 * - an indicator has no value, or too few samples: that objective is inconclusive;
 * - fewer connections opened than were requested, or some ended before the run did: fail, unless the SLO itself has a
 *   bound on `opened` or `connectErrorRate`, or on `closedEarly`;
 * - a delivery of a fan-out came to another room than its message was published to: fail, unless the SLO has a bound on
 *   `misrouted`; the same of messages that the server refused, and `refused`;
 * - its response times surely grow under a constant rate, by more than 1 % of the time: a bound on them that is met is met
 *   for the time being: inconclusive;
 * - every connection was gone before the run's end, or nothing was answered any more: fail.
 *
 * The verdict is fail if anything failed, else inconclusive if anything was, else pass; bounds of level `warn` only warn.
 * @throws {WsLoadError} WSLOAD_ERR_INVALID_SLO, see {@link parseSLO}; WSLOAD_ERR_INVALID_OPTIONS with every mistake in the
 * judgement; WSLOAD_ERR_NOT_A_SUMMARY for anything else than a run
 */
export function evaluateSLO(result: LoadResult, slo: SLO, judgement: Judgement = {}): SLOVerdict {
  checkResult(result)
  checkJudgement(judgement)
  return evaluateObjectives(result, parseSLO(slo), judgement.confidence)
}

function checkResult(value: unknown): void {
  const fields: object = typeof value === 'object' && value !== null ? value : {}
  if ('slices' in fields && fields.slices instanceof Slices) return
  const [what, cure] =
    'then' in fields
      ? ['a promise', 'await it first']
      : 'schemaVersion' in fields
        ? ['a summary as JSON', 'pass LoadSummary.fromJSON(…) of it']
        : [show(value), 'pass what wsLoad(…) resolved to']
  throw new WsLoadError('WSLOAD_ERR_NOT_A_SUMMARY', `evaluateSLO: expected a LoadSummary, got ${what}; ${cure}`)
}

/** {@link evaluateSLO} of an SLO that was read before. */
export function evaluateObjectives(
  result: LoadResult,
  objectives: readonly Objective[],
  confidence: number = result.options.confidence,
): SLOVerdict {
  checkConfidence(confidence)
  const mistakes = mistakesFor(objectives, result.fanOut !== undefined)
  if (mistakes.length > 0) throw invalidSLO(mistakes)
  return judge(result, objectives, confidence, 1)
}

/**
 * Whether an interim look ends a run: what it has measured so far decides even with three quarters of that evidence, or
 * shows that it never passes. That memory stays within its bound only the end shows; whether response times that grow go on
 * growing, more time.
 */
export function isDecided(result: LoadResult, objectives: readonly Objective[]): boolean {
  if (describeSurplus(result) !== undefined) return true
  const judged = judge(result, objectives, result.options.confidence, interimEvidenceShare)
  if (judged.verdict === 'pass')
    return !objectives.some(({ kind }) => kind === 'bytes') && !mayFallBehind(result, objectives)
  return judged.verdict !== 'inconclusive' || judged.objectives.some(lacksConnections)
}

/** Whether what an interim look has measured passes, even with three quarters of that evidence. */
export function passesSoFar(result: LoadResult, objectives: readonly Objective[]): boolean {
  return judge(result, objectives, result.options.confidence, interimEvidenceShare).verdict === 'pass'
}

/** Whether a constant rate is surely not kept up with, so that a bound on a response time is met only for the time being. */
export function isFallingBehind(result: LoadResult, objectives: readonly Objective[]): boolean {
  const { falsePass } = decisionRule(result, result.options.confidence, 1, 1)
  return describeFallingBehind(result, objectives, falsePass) !== undefined
}

/** No connection opens later: what too few of them leave open stays so. */
function lacksConnections({ indicator, level, verdict }: ObjectiveVerdict): boolean {
  return indicator === 'opened' && level === 'fail' && verdict === 'inconclusive'
}

function judge(
  result: LoadResult,
  objectives: readonly Objective[],
  confidence: number,
  evidenceShare: number,
): SLOVerdict {
  const invalid = whyInvalid(result)
  if (invalid !== undefined) return vacuousVerdict(result, objectives, invalid, confidence)
  const run = observeRun(result)
  const rule = decisionRule(result, confidence, countUncertain(objectives), evidenceShare)
  const surplus = describeSurplus(result)
  const verdicts = objectives.map((objective) => {
    const verdict = judgeObjective(run, objective, rule)
    return surplus === undefined ? verdict : withoutAnswers(result, verdict, surplus)
  })
  const judged = [...verdicts, ...missedByDefault(run, objectives, rule)]
  const behind = describeFallingBehind(result, objectives, rule.falsePass)
  return conclude(result, judged, { confidence, astray: describeAstray(result, objectives), behind })
}

/** How many objectives a verdict may err on: all but those that are held against plain facts about the run. */
export function countUncertain(objectives: readonly Pick<Objective, 'indicator' | 'limit'>[]): number {
  const uncertain = objectives.filter(({ indicator, limit }) => !isFact(findIndicator(indicator)!, limit))
  return Math.max(1, uncertain.length)
}

/**
 * What each of so many objectives may err by: a pass by all of what a look may, as every objective has to pass; a fail by
 * its share of it, as one is enough.
 */
export function decisionRule(
  { looks }: LoadResult,
  confidence: number,
  objectives: number,
  evidenceShare: number,
): DecisionRule {
  const errorPerLook = (1 - confidence) / looks.planned
  return { falsePass: errorPerLook, falseFail: errorPerLook / objectives, confidence, evidenceShare }
}

/** The verdict on a run in which nothing was measured: that connections were ended is a fact all the same. */
function vacuousVerdict(
  result: LoadResult,
  objectives: readonly Objective[],
  invalid: string,
  confidence: number,
): SLOVerdict {
  const run = observeRun(result)
  const rule = decisionRule(result, confidence, 1, 1)
  const tellsEnds = result.pings.answered === 0 && describeCutShort(result).length === 0
  const judged = objectives.map((objective) =>
    tellsEnds && objective.indicator === 'closedEarly'
      ? judgeObjective(run, objective, rule)
      : unmeasured(run, objective, invalid),
  )
  const byDefault = missedByDefault(run, objectives, rule).filter(
    ({ indicator }) => tellsEnds && indicator === 'closedEarly',
  )
  const missed = (level: Objective['level']): string[] =>
    [...judged, ...byDefault].filter((one) => one.level === level && one.verdict === 'fail').map(({ reason }) => reason)
  const open = byDefault.filter(({ verdict }) => verdict === 'inconclusive').map(({ reason }) => reason)
  const isMissed = missed('fail').length > 0 || (tellsEnds && wasLeft(result))
  return {
    verdict: isMissed ? 'fail' : 'inconclusive',
    vacuous: true,
    reasons: [...missed('fail'), invalid, ...open, ...describeMachineFaults(result), ...mostFrequentFault(result)],
    warnings: missed('warn'),
    objectives: [...judged, ...byDefault],
    confidence,
  }
}

/** What a verdict on a run depends on beside its objectives. */
interface Circumstances {
  readonly confidence: number
  /** What went astray between machines. */
  readonly astray: readonly string[]
  /** That the rate is not kept up with. */
  readonly behind: string | undefined
}

/** The verdict on a run, given those on its objectives. */
function conclude(
  result: LoadResult,
  objectives: readonly ObjectiveVerdict[],
  { confidence, astray, behind }: Circumstances,
): SLOVerdict {
  const notMet = objectives.filter(({ verdict }) => verdict !== 'pass')
  const missed = notMet.filter(({ level }) => level === 'fail')
  const warned = notMet.filter(({ level }) => level === 'warn')
  const cutShort = describeCut(result)
  const surplus = describeSurplus(result)
  const failed = (cutShort !== undefined && !isOwnDoing(result)) || missed.some(({ verdict }) => verdict === 'fail')
  const isUnfounded = surplus !== undefined || astray.length > 0
  const isOpen = behind !== undefined || missed.some(({ verdict }) => verdict === 'inconclusive')
  const undecided = isUnfounded || cutShort !== undefined || isOpen
  const cut = cutShort === undefined ? [] : [cutShort, ...mostFrequentFault(result)]
  const reasonsOf = (wanted: Verdict): string[] =>
    missed.filter((objective) => objective.verdict === wanted).map(({ reason }) => reason)
  const reasons = [
    ...(surplus === undefined ? [] : [surplus]),
    ...(failed ? [...cut, ...reasonsOf('fail')] : []),
    ...astray,
    ...(undecided ? result.generator.reasons : []),
    ...cut,
    ...(behind === undefined || failed ? [] : [behind]),
    ...reasonsOf('inconclusive'),
  ]
  return {
    verdict: failed ? 'fail' : undecided ? 'inconclusive' : 'pass',
    vacuous: isUnfounded || missed.some(({ low }) => Number.isNaN(low)),
    reasons: [...new Set(reasons)],
    warnings: warned.map(({ reason }) => reason),
    objectives,
    bottleneck: whereTheTimeWent(result, missed),
    confidence,
  }
}

/** Of latencies and rates that were missed, or may have been. */
function whereTheTimeWent(result: LoadResult, missed: readonly ObjectiveVerdict[]): string | undefined {
  const ofTime = missed.filter(({ kind, indicator, low }) => {
    return (kind === 'duration' || kind === 'rate') && !isOfServer(indicator) && !Number.isNaN(low)
  })
  const [first] = ofTime.toSorted((one, other) => Number(other.verdict === 'fail') - Number(one.verdict === 'fail'))
  if (first === undefined) return undefined
  const observed = observedBy(observeRun(result), findIndicator(first.indicator)!)!
  const { slow, judged } = findSlowPings(observed, first) ?? { slow: 1, judged: 1 }
  return describeBottleneck(result, first.verdict === 'fail' ? slow / judged : 0)[0]
}

/**
 * What every run has to keep unless its SLO has bounds of its own on that: all connections open, to the end of the run, no
 * message comes to a room that it was not published to, and none is refused.
 */
function missedByDefault(run: Observation, objectives: readonly Objective[], rule: DecisionRule): ObjectiveVerdict[] {
  const { requested } = run.connections
  const { misrouted = 0, refused = 0 } = run.fanOut ?? {}
  const judgeCount = (objective: Pick<Objective, 'indicator' | 'comparison' | 'limit'>, reason: string) => {
    const { comparison, limit } = objective
    const bound = `${comparison} ${limit}`
    const verdict = judgeObjective(run, { ...objective, kind: 'count', level: 'fail', bound }, rule)
    const { caveat } = findIndicator(objective.indicator)!.read(run)
    return { ...verdict, reason: verdict.verdict === 'inconclusive' ? `${reason}; ${caveat}` : reason }
  }
  const failing = objectives.filter(({ level }) => level === 'fail')
  const bounded = new Set(failing.map(({ indicator }) => (indicator === 'connectErrorRate' ? 'opened' : indicator)))
  return [
    judgeCount({ indicator: 'opened', comparison: '>=', limit: requested }, describeOpened(run.connections)),
    judgeCount({ indicator: 'closedEarly', comparison: '<=', limit: 0 }, describeEarlyEnds(run.connections)),
    ...(misrouted > 0
      ? [judgeCount({ indicator: 'misrouted', comparison: '<=', limit: 0 }, describeMisrouted(misrouted))]
      : []),
    ...(refused > 0
      ? [judgeCount({ indicator: 'refused', comparison: '<=', limit: 0 }, describeRefused(refused))]
      : []),
  ].filter(({ indicator, verdict }) => verdict !== 'pass' && !bounded.has(indicator))
}

/** Why a run says nothing about its target, if it does not. */
export function whyInvalid(result: LoadResult): string | undefined {
  const { pings, pongs, connections, errors } = result
  const cutShort = describeCutShort(result)
  if (pings.answered > 0) {
    const reasons = [...cutShort, ...describeIslands(result)]
    return reasons.length > 0 ? reasons.join(', ') : undefined
  }
  const opened = describeOpened(connections)
  const gone = wasLeft(result) ? [describeCut(result)!] : []
  const hasBegun = result.duration > 0 || (cutShort.length === 0 && gone.length === 0)
  const withErrors = errors['ERROR_ANSWER'] === undefined ? '' : ' but by an error'
  if (result.fanOut !== undefined) {
    const silence = hasBegun ? [describeSilence(result.fanOut, result)] : []
    return [...cutShort, `nothing was measured, ${opened}`, ...silence, ...gone].join(', ')
  }
  const unanswered =
    pings.sent > 0 ? `none of ${formatCount(pings.sent)} pings was answered${withErrors}` : 'no ping was sent'
  const ofOthers =
    pongs.unsolicited > 0 ? [`${formatCount(pongs.unsolicited)} pongs carry no ping of their connection`] : []
  const late = withErrors === '' ? describeLateAnswers(result) : []
  return [
    `nothing was measured, ${opened}`,
    ...(hasBegun ? [unanswered] : []),
    ...ofOthers,
    ...late,
    ...gone,
    ...cutShort,
  ].join(', ')
}

/** Of a run in which nothing was answered in time. What is said in sessions is among its messages. */
function describeLateAnswers({ pings, messages, session, connections, options }: LoadResult): string[] {
  const answers = messages.received - messages.unsolicited
  const hadSessions = session.count > 0 || connections.failedSessions > 0
  if (pings.timedOut === 0 || hadSessions || !(answers > 1)) return []
  const others = options.warmup !== 0 ? ', or those of the warm-up' : ''
  return [`${formatCount(answers)} messages answer pings that had timed out${others}`]
}

/** That no message of a fan-out has reached anybody. */
function describeSilence({ completion }: FanOutResult, { messages }: LoadResult): string {
  const { sent } = completion.pings
  if (sent === 0) return 'no message was published'
  const others =
    messages.unsolicited > 0
      ? `, though ${formatCount(messages.unsolicited)} messages came that delivery took for none`
      : ''
  return `none of ${formatCount(sent)} messages reached a subscriber${others}`
}

/** What went wrong on the wire most often, with its count; nothing if nothing did. */
export function mostFrequentFault({ errors }: LoadResult): string[] {
  return describeFaults(errors).slice(0, 1)
}

/** That there was nobody left to go on with; `undefined` of a run that went on to its end. */
function describeCut({ ended, duration }: LoadResult): string | undefined {
  const at = intoWindow(duration)
  if (ended === 'disconnected') return `every connection was gone ${at}`
  return ended === 'stalled' ? `nothing was answered any more when the run ended, ${at}` : undefined
}

/** Whether every connection that had opened was ended, by somebody else. */
function wasLeft(result: LoadResult): boolean {
  return result.ended === 'disconnected' && result.connections.closedEarly > 0 && !isOwnDoing(result)
}

/** Whether the generator may be why it did not go on. */
function isOwnDoing(result: LoadResult): boolean {
  const { ended, connections, generator } = result
  if (ended === 'stalled') return generator.saturated
  const { closedEarly = 0 } = generator.afterSilence ?? {}
  return connections.closedEarly > 0 && connections.closedEarly <= closedEarly + countMachineFaults(result).closedEarly
}
