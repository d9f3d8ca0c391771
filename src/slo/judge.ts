import { defaults } from '../defaults.ts'
import { fewestBlocks } from '../statistics/dependence.ts'
import { lookTimes } from '../statistics/interim-looks.ts'
import type { Tails } from '../statistics/share.ts'
import { sum } from '../statistics/sum.ts'
import { formatDuration } from '../units.ts'
import { type Bracket, shownEnds } from './bracket.ts'
import { durationNeeded, roundLength } from './duration-needed.ts'
import { type Evidence, evidenceFor, type Extrapolation, noEvidence } from './evidence.ts'
import { findIndicator, isOfConnections, isOfServer, observedBy } from './indicator.ts'
import type { Objective, Operator } from './objective.ts'
import type { Observation } from './observation.ts'
import { type Cure, describeFinding, describeLack } from './reason.ts'
import { findSlowPings } from './slow-pings.ts'
import { worstStretch } from './stretch.ts'
import type { ObjectiveVerdict, Verdict } from './verdict.ts'

/** How sure a verdict on an objective has to be. */
export interface DecisionRule {
  /** Probability of a pass of an objective that is truly missed. */
  readonly falsePass: number
  /** Probability of a fail of an objective that is truly met. */
  readonly falseFail: number
  /** Of the verdict on all objectives, which a reason names. */
  readonly confidence: number
  /** Share of the evidence that has to suffice, above 0 to 1. */
  readonly evidenceShare: number
}

/** How many times as long a run that was long enough for its objective may have to be for a reason to say so. */
const longerRuns = [2, 5, 10]
/** The same of connections. */
const moreConnections = [1.5, 2, 3, 4, 5, 7, 10, 20, 50, 100]

/** Pings that took more than this share of the limit tell of stalls about as long as that. */
const nearLimitShare = 0.5

/** Judges a run by one objective: the whole of it, or each of its stretches, of which the worst counts. */
export function judgeObjective(run: Observation, objective: Objective, rule: DecisionRule): ObjectiveVerdict {
  const { indicator, window } = objective
  const observed = observedBy(run, findIndicator(indicator)!)!
  if (window === undefined) return judgeObservation(observed, objective, rule)
  const worst = worstStretch(observed, window, (stretch, sideBySide) =>
    judgeObservation(stretch, objective, { ...rule, falseFail: rule.falseFail / sideBySide }),
  )
  const misfit = `${indicator}: ${describeMisfit(observed, window)}`
  if (worst === undefined) return unmeasured(observed, objective, misfit)
  const isUndecided = worst.verdict === 'inconclusive' && !worst.resolved && !Number.isNaN(worst.low)
  const isCoarse = isUndecided && observed.slices.length * fewestBlocks > window
  return isCoarse && (meetsAsMeasured(worst) || missesAsMeasured(worst)) ? { ...worst, reason: misfit } : worst
}

/** Why a run has no stretches of so many milliseconds, or none that tell how they vary within. */
function describeMisfit({ slices, duration }: Observation, window: number): string {
  const bound = `the ${formatDuration(window)} of the bound`
  if (slices.length * fewestBlocks <= window || duration < window) return `the run is shorter than ${bound}`
  const length = formatDuration(slices.length)
  return `the run is kept in slices of ${length}, and ${bound} have fewer than ${fewestBlocks} of them: take a shorter run, or longer stretches`
}

/** The verdict on an objective that nothing is known about. */
export function unmeasured(observation: Observation, objective: Objective, reason: string): ObjectiveVerdict {
  const reader = findIndicator(objective.indicator)!
  const { caveat: _, ...bracket } = reader.read(observedBy(observation, reader) ?? observation)
  return { ...objective, ...bracket, ...noEvidence, verdict: 'inconclusive', margin: NaN, excess: NaN, reason }
}

function judgeObservation(observation: Observation, objective: Objective, rule: DecisionRule): ObjectiveVerdict {
  const reader = findIndicator(objective.indicator)!
  const reading = reader.read(observation)
  if (Number.isNaN(reading.floor + reading.ceiling)) {
    const why = isOfServer(objective.indicator) ? describeUnwatched(observation) : 'nothing was measured'
    return unmeasured(observation, objective, `${objective.indicator}: ${why}`)
  }
  const extrapolate = evidenceFor(observation, reader, objective.limit, tailsOf(objective, rule))
  const evidence = extrapolate(rule.evidenceShare)
  const verdict = decide(objective, evidence)
  const { caveat, ...bracket } = reading
  const judged = { ...objective, ...bracket, ...evidence, verdict, ...distanceToLimit(objective, bracket, verdict) }
  if (verdict !== 'inconclusive') return { ...judged, reason: describeFinding(objective, bracket) }
  if (decide(objective, { low: bracket.floor, high: bracket.ceiling }) === 'inconclusive') {
    return { ...judged, reason: `${objective.indicator}: ${caveat}` }
  }
  const cure = findCure(observation, objective, rule, extrapolate)
  const reason = describeLack(
    objective,
    { evidence, slowPings: findSlowPings(observation, objective), cure },
    rule.confidence,
  )
  return cure !== undefined && 'length' in cure && objective.window === undefined
    ? { ...judged, reason, durationNeeded: cure.length }
    : { ...judged, reason }
}

function describeUnwatched({
  server,
  serverUnwatched = 'nobody wanted it to be, or an older version made this file',
}: Observation): string {
  return server === undefined
    ? `the server was not watched: ${serverUnwatched}`
    : 'nothing was answered while it was watched'
}

/** Whether an objective is met by all that was measured, however little evidence that is. */
export function meetsAsMeasured(objective: Objective & Bracket): boolean {
  return decide(objective, { low: objective.floor, high: objective.ceiling }) === 'pass'
}

/** Whether an objective is missed by all that was measured, likewise. */
export function missesAsMeasured(objective: Objective & Bracket): boolean {
  return decide(objective, { low: objective.floor, high: objective.ceiling }) === 'fail'
}

/** The worse end of the confidence interval decides a pass, the better one a fail. */
function tailsOf(objective: Objective, { falsePass, falseFail }: DecisionRule): Tails {
  return isUpperBound(objective) ? { lower: falseFail, upper: falsePass } : { lower: falsePass, upper: falseFail }
}

function decide(objective: Objective, { low, high }: Pick<Evidence, 'low' | 'high'>): Verdict {
  const { best, worst } = isUpperBound(objective) ? { best: low, worst: high } : { best: high, worst: low }
  if (meets(worst, objective)) return 'pass'
  return meets(best, objective) ? 'inconclusive' : 'fail'
}

/** Whether a value is within a bound. */
export function meets(value: number, { comparison, limit }: Pick<Objective, 'comparison' | 'limit'>): boolean {
  return operators[comparison](value, limit)
}

const operators: Readonly<Record<Operator, (value: number, limit: number) => boolean>> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
}

function isUpperBound({ comparison }: Objective): boolean {
  return comparison.startsWith('<')
}

function distanceToLimit(objective: Objective, bracket: Bracket, verdict: Verdict) {
  const { low, high } = shownEnds(bracket)
  const { best, worst } = isUpperBound(objective) ? { best: low, worst: high } : { best: high, worst: low }
  const sure = { pass: worst, fail: best, inconclusive: bracket.measured }[verdict]
  const margin = isUpperBound(objective) ? objective.limit - sure : sure - objective.limit
  return { margin, excess: margin === 0 ? 0 : -margin / objective.limit }
}

/**
 * What would decide an objective. For connections, how many times as many. For a run with `until`, the length that the
 * objective takes; if the run was no shorter than that and in spite of it undecided, so many times its own length.
 */
function findCure(
  observation: Observation,
  objective: Objective,
  { falsePass }: DecisionRule,
  extrapolate: Extrapolation,
): Cure | undefined {
  const decides = (times: number): boolean => decide(objective, extrapolate(times)) !== 'inconclusive'
  if (isOfConnections(objective.indicator)) {
    const times = moreConnections.find(decides)
    return times === undefined ? undefined : { timesConnections: times }
  }
  const { duration, slices, latency, pings, plannedLooks, server } = observation
  if (isOfServer(objective.indicator) && server!.blocks.length < fewestBlocks) {
    return { length: roundLength((duration * fewestBlocks) / Math.max(1, server!.blocks.length)) }
  }
  const looks = plannedLooks > 1 ? 1 : lookTimes(defaults.maxDuration).length
  const needed = durationNeeded(objective, {
    pingsPerMs: sum(slices.judgedEach()) / observation.samplesPerMessage / duration,
    stalls: pings.timedOut + pings.lost > 0 || latency.max > objective.limit * nearLimitShare,
    falsePass: falsePass / looks,
  })
  if (needed !== undefined && needed > duration) return { length: needed }
  const times = longerRuns.find(decides)
  return times === undefined ? undefined : { length: roundLength(duration * times) }
}
