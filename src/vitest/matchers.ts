import { expect, type MatcherState } from 'vitest'
import { WsLoadError } from '../errors.ts'
import type { SustainVerdict } from '../capacity/sustain.ts'
import { compareCapacities } from '../capacity/compare.ts'
import { isCutShort } from '../capacity/findings.ts'
import { type CapacityTolerance, parseLoad, safeParseCapacityTolerance } from '../options/capacity.ts'
import { invalidOptions, valueOf } from '../options/invalid-options.ts'
import type { Rate } from '../options/options.ts'
import type { ComparisonVerdict } from '../gate/comparison.ts'
import { formatCapacityComparison, formatSustained } from '../report/capacity.ts'
import { CapacityComparison } from '../summary/capacity-comparison.ts'
import { LoadCapacity } from '../summary/load-capacity.ts'
import { isObject, mistakesOf, type Parsed, within } from '../parsed.ts'
import { rateForms } from '../units.ts'
import { show } from '../wording.ts'
import { LoadSummary } from '../summary/load-summary.ts'
import { wrap } from '../report/layout.ts'
import type { Paint } from '../report/paint.ts'
import { formatVerdict } from '../report/verdict.ts'
import { threatsToValidity } from '../gate/comparable.ts'
import { compareRuns } from '../gate/compare.ts'
import { safeParseTolerance, type Tolerance } from '../gate/tolerance.ts'
import { type Compared, formatComparison } from '../report/comparison.ts'
import { areOnOneProcessor, judgeAgain, LoadComparison } from '../summary/load-comparison.ts'
import { evaluateObjectives } from '../slo/evaluate.ts'
import type { Judgement } from '../slo/judgement.ts'
import type { SLOVerdict } from '../slo/verdict.ts'
import { parseSLO, type SLO } from '../slo/objective.ts'
import {
  recordedCapacityComparison,
  recordedComparison,
  recordedLoad,
  recordedSLO,
  recordedWithoutBase,
} from '../report/flood-record.ts'
import { type Leniency, mistakesInLeniency, mistakesInLenientJudgement } from './leniency.ts'
import { pointingAt } from './pointing-at.ts'
import { adviseOptions } from './advice.ts'
import { keepVerdict, keepVerdictOn, testedAs, testOf } from './record.ts'
import { type BaselineWriter, noteWriter } from './baseline-writers.ts'
import { baselineFile, parseBaselineName, readBaseline, writeBaseline } from './baseline.ts'
import { attemptAt, configuredInconclusive, configuredRoot, isUpdating, titleOf } from './context.ts'

/** How `toMeetSLO` judges. */
export type MatcherJudgement = Judgement & Leniency

declare global {
  namespace Chai {
    interface Assertion {
      /**
       * Passes if the summary surely meets every objective: `{ p99: '< 20ms', errorRate: '< 0.1%', throughput: '> 5k/s' }`.
       * A run that measured nothing never passes. With `.not` it passes only if the summary surely misses one.
       * @throws {WsLoadError} `WSLOAD_ERR_INVALID_SLO` or `WSLOAD_ERR_INVALID_OPTIONS` with every mistake,
       * `WSLOAD_ERR_NOT_A_SUMMARY`
       */
      toMeetSLO(slo: SLO, judgement?: MatcherJudgement): void
      /**
       * Passes if the head of a comparison is surely no slower than its base, by more than the tolerance: the comparison's
       * own, unless one is given: `{ p50: '10%', p99: '20%', min: '1ms' }`; of a comparison of capacities, if the head's is surely not
       * lower. With `.not` it passes only if it surely is.
       * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, `WSLOAD_ERR_NOT_A_SUMMARY`
       */
      toShowNoRegression(tolerance?: Tolerance, leniency?: Leniency): void
      /**
       * Passes if the load of a capacity is surely sustained: `'20k/s'`, or a number of connections where these were varied. With `.not`
       * it passes only if it is surely too much.
       * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, `WSLOAD_ERR_NOT_A_SUMMARY`
       */
      toSustain(load: Rate, leniency?: Leniency): void
      /**
       * Passes if the run is surely no slower than the one that was kept under this name in `.ws-load/baselines/`, by more
       * than the tolerance; of a capacity, that it is surely not lower: `{ capacity: '20%' }`. `WS_LOAD_UPDATE=1`, or `vitest -u` with the plugin, keeps this run instead. A baseline that is
       * missing, unreadable, of another load or of another machine never passes.
       * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, `WSLOAD_ERR_NOT_A_SUMMARY`,
       * `WSLOAD_ERR_BASELINE_TAKEN` when another test of this run has kept one under this name
       */
      toMatchBaseline(name: string, tolerance?: Tolerance | CapacityTolerance, leniency?: Leniency): void
    }
  }
}

declare module 'vitest' {
  interface AsymmetricMatchersContaining {
    toMeetSLO(slo: SLO, judgement?: MatcherJudgement): unknown
    toShowNoRegression(tolerance?: Tolerance, leniency?: Leniency): unknown
    toSustain(load: Rate, leniency?: Leniency): unknown
    toMatchBaseline(name: string, tolerance?: Tolerance | CapacityTolerance, leniency?: Leniency): unknown
  }
}

expect.extend({
  toMeetSLO(received: unknown, slo: SLO, judgement: MatcherJudgement = {}) {
    const [summary, judged] = judge(received, slo, judgement)
    const { verdict, vacuous, warnings } = judged
    if (!this.isNot) keepVerdict(summary, recordedSLO(judged))
    const advice = adviseOptions(summary, judged, testedAs(summary))
    const advised = (paint?: Paint): string =>
      [formatVerdict(summary, judged, paint), ...(advice === undefined ? [] : wrap(advice, '  '))].join('\n')
    const table = (): string => advised(paintOf(this.utils))
    if (this.isNot) {
      const isMissed = verdict === 'fail' && summary.pings.answered > 0
      return { pass: !isMissed, message: () => `expected the SLO to be missed for sure (.not)\n${table()}` }
    }
    const pass = verdict === 'pass' || (verdict === 'inconclusive' && isLenient(judgement) && !vacuous)
    if (pass && (verdict === 'inconclusive' || warnings.length > 0)) warn(advised())
    return { pass, message: table }
  },

  toShowNoRegression(received: unknown, tolerance?: Tolerance, leniency: Leniency = {}) {
    if (received instanceof CapacityComparison) {
      return toOutcomeOfCapacities(received.head, judgeCapacities(received, tolerance, leniency), leniency, this)
    }
    return toOutcome(judgeComparison(received, tolerance, leniency), leniency, this)
  },

  toSustain(received: unknown, load: unknown, leniency: Leniency = {}) {
    const [capacity, judged] = judgeLoad(received, load, leniency)
    const { verdict, vacuous } = judged
    if (!this.isNot) keepVerdictOn(capacity, recordedLoad(capacity, judged))
    const table = (): string => formatSustained(capacity, judged, paintOf(this.utils))
    if (this.isNot) {
      return { pass: verdict !== 'fail', message: () => `expected the load to be too much for sure (.not)\n${table()}` }
    }
    const tolerated = verdict === 'inconclusive' && isLenient(leniency) && !vacuous
    if (tolerated) warn(formatSustained(capacity, judged))
    return { pass: verdict === 'pass' || tolerated, message: table }
  },

  toMatchBaseline(
    received: unknown,
    name: unknown,
    tolerance?: Tolerance | CapacityTolerance,
    leniency: Leniency = {},
  ) {
    if (received instanceof LoadCapacity) return matchCapacity(received, { name, tolerance, leniency }, this)
    const checked = checkForBaseline(received, name, tolerance as Tolerance | undefined, leniency)
    const { summary } = checked
    const file = baselineFile(configuredRoot(), checked.name)
    if (isUpdating() && !this.isNot) {
      return keepBaseline({ file, name: checked.name, found: summary, threat: threatsToValidity(summary)[0] }, this)
    }
    const baseline = readBaseline(file, LoadSummary)
    if ('missing' in baseline) return toUnclear(summary, baseline.missing, this)
    const base = baseline.kept
    const compared = {
      base,
      head: summary,
      ...compareRuns(base, summary, checked.tolerance, summary.options.confidence),
    }
    if (compared.verdict === 'faster') say(formatComparison(compared))
    return toOutcome(compared, leniency, this)
  },
})

export { expect }

type Outcome = Compared & { readonly head: LoadSummary }

function toOutcome(compared: Outcome, leniency: Leniency, state: MatcherState) {
  if (!state.isNot) keepVerdict(compared.head, recordedComparison(compared))
  return toOutcomeOf(compared, formatComparison, leniency, state)
}

/** @param head as the test has it, whose flood is known */
function toOutcomeOfCapacities(
  head: LoadCapacity,
  compared: CapacityComparison,
  leniency: Leniency,
  state: MatcherState,
) {
  if (!state.isNot) keepVerdictOn(head, recordedCapacityComparison(compared))
  return toOutcomeOf(compared, formatCapacityComparison, leniency, state)
}

/** Green on `same` and `faster`, with a warning on what was not judged, and on a mere lack of evidence if that is tolerated. */
function toOutcomeOf<Judged extends Pick<ComparisonVerdict, 'verdict' | 'doubtful' | 'reasons'>>(
  compared: Judged,
  format: (compared: Judged, paint?: Paint) => string,
  leniency: Leniency,
  { isNot, utils }: MatcherState,
) {
  const { verdict, doubtful, reasons } = compared
  const table = (): string => format(compared, paintOf(utils))
  if (isNot) {
    return { pass: verdict !== 'slower', message: () => `expected a regression for sure (.not)\n${table()}` }
  }
  const tolerated = verdict === 'unclear' && isLenient(leniency) && !doubtful
  const isPartly = verdict === 'same' && reasons.length > 0
  if (tolerated || isPartly) warn(format(compared))
  return { pass: verdict === 'same' || verdict === 'faster' || tolerated, message: table }
}

/** A capacity beside the one that was kept before. */
function matchCapacity(
  capacity: LoadCapacity,
  given: { readonly name: unknown; readonly tolerance: unknown; readonly leniency: Leniency },
  state: MatcherState,
) {
  const { name, tolerance } = checkCapacityBaseline(capacity, given)
  const file = baselineFile(configuredRoot(), name)
  if (isUpdating() && !state.isNot) {
    const cutShort = isCutShort(capacity) ? capacity.reasons[0] : undefined
    const threat = capacity.low === 0 ? 'no load was surely kept' : cutShort
    return keepBaseline({ file, name, found: capacity, threat }, state)
  }
  const baseline = readBaseline(file, LoadCapacity)
  if ('missing' in baseline) return toUnclear(capacity, baseline.missing, state)
  const verdict = compareCapacities(baseline.kept, capacity, tolerance)
  const compared = new CapacityComparison(baseline.kept, capacity, verdict)
  return toOutcomeOfCapacities(capacity, compared, given.leniency, state)
}

function checkCapacityBaseline(
  capacity: LoadCapacity,
  { name, tolerance, leniency }: { readonly name: unknown; readonly tolerance: unknown; readonly leniency: Leniency },
) {
  return pointingAt(checkCapacityBaseline, () => {
    return checkBaselineOptions(name, safeParseCapacityTolerance(tolerance, capacity.precision), leniency)
  })
}

/** What is to be kept, and under which name. */
interface KeptBaseline {
  readonly file: string
  readonly name: string
  readonly found: LoadSummary | LoadCapacity
  /** Why it is not worth comparing with, if it is not. */
  readonly threat: string | undefined
}

/** What is not worth comparing with is not kept. */
function keepBaseline({ file, name, found, threat }: KeptBaseline, state: MatcherState) {
  const { task, testPath } = state
  if (threat !== undefined) return toUnclear(found, `${file} was not written: ${threat}`, state)
  const writer = writerOf(task ?? (found instanceof LoadSummary ? testOf(found) : undefined), testPath)
  pointingAt(keepBaseline, () => noteWriter(file, writer, found))
  try {
    writeBaseline(file, name, found)
  } catch (error) {
    return toUnclear(found, `${file} was not written: ${(error as Error).message}`, state)
  }
  say(`baseline written: ${file}`)
  return { pass: true, message: () => `baseline written: ${file}` }
}

/** There is nothing to compare with: red, also with `.not`. */
function toUnclear(found: LoadSummary | LoadCapacity, why: string, { isNot }: MatcherState) {
  if (!isNot) {
    if (found instanceof LoadSummary) keepVerdict(found, recordedWithoutBase('comparison', why))
    else keepVerdictOn(found, recordedWithoutBase('capacity comparison', why))
  }
  return { pass: isNot, message: () => `Unclear: ${why}` }
}

/** Nobody knows the test of a concurrent one's global `expect`, unless its flood does. */
function writerOf(task: MatcherState['task'], file = ''): BaselineWriter {
  if (task === undefined) return { id: file, title: file, attempt: 1 }
  return { id: task.id, title: titleOf(task), attempt: attemptAt(task) }
}

function say(text: string): void {
  // oxlint-disable-next-line no-console
  console.info(text)
}

/** Vitest shows it with the test that it belongs to. */
function warn(text: string): void {
  // oxlint-disable-next-line no-console
  console.warn(text)
}

function paintOf({ EXPECTED_COLOR, RECEIVED_COLOR, DIM_COLOR, BOLD_WEIGHT }: MatcherState['utils']): Paint {
  return { green: EXPECTED_COLOR, red: RECEIVED_COLOR, yellow: RECEIVED_COLOR, dim: DIM_COLOR, bold: BOLD_WEIGHT }
}

function isLenient({ inconclusive = configuredInconclusive() }: Leniency): boolean {
  return inconclusive === 'warn'
}

function judge(received: unknown, slo: SLO, judgement: MatcherJudgement): [LoadSummary, SLOVerdict] {
  return pointingAt(judge, () => {
    const summary = checkReceived(received, LoadSummary, 'toMeetSLO', 'wsLoad(…)')
    checkOptions('toMeetSLO', mistakesInLenientJudgement(judgement))
    return [summary, evaluateObjectives(summary, parseSLO(slo), judgement.confidence)]
  })
}

function judgeLoad(received: unknown, given: unknown, leniency: Leniency): [LoadCapacity, SustainVerdict] {
  return pointingAt(judgeLoad, () => {
    const capacity = checkReceived(received, LoadCapacity, 'toSustain', 'wsLoad.capacity(…)')
    return [capacity, capacity.judge(valueOfOptions('toSustain', readLoad(capacity, given), leniency))]
  })
}

function readLoad({ over }: LoadCapacity, given: unknown): Parsed<number> {
  const load = parseLoad(over, given)
  if (load !== undefined) return { value: load }
  const expected = over === 'rate' ? rateForms : 'a number of connections'
  return { mistakes: [`load: expected ${expected}, got ${show(given)}`] }
}

/** A comparison of capacities has its tolerance, which is no figure of a latency. */
function judgeCapacities(
  compared: CapacityComparison,
  tolerance: Tolerance | undefined,
  leniency: Leniency,
): CapacityComparison {
  return pointingAt(judgeCapacities, () => {
    const instead = `tolerance: expected that of wsLoad.compareCapacity(…) instead, got ${show(tolerance)}`
    checkOptions('toShowNoRegression', [...(tolerance === undefined ? [] : [instead]), ...mistakesInLeniency(leniency)])
    return compared
  })
}

function judgeComparison(received: unknown, tolerance: Tolerance | undefined, leniency: Leniency) {
  return pointingAt(judgeComparison, () => {
    const comparison = checkReceived(received, LoadComparison, 'toShowNoRegression', 'wsLoad.compare(…)')
    const { base, head } = comparison
    const parsed = within(
      'tolerance',
      safeParseTolerance(tolerance, head.fanOut !== undefined, areOnOneProcessor(comparison)),
    )
    const resolved = valueOfOptions('toShowNoRegression', parsed, leniency)
    return tolerance === undefined ? comparison : { base, head, ...judgeAgain(comparison, resolved) }
  })
}

function checkForBaseline(received: unknown, name: unknown, tolerance: Tolerance | undefined, leniency: Leniency) {
  return pointingAt(checkForBaseline, () => {
    const summary = checkReceived(received, LoadSummary, 'toMatchBaseline', 'wsLoad(…)')
    const parsed = within('tolerance', safeParseTolerance(tolerance, summary.fanOut !== undefined))
    return { summary, ...checkBaselineOptions(name, parsed, leniency) }
  })
}

function checkBaselineOptions<Tolerated>(name: unknown, tolerance: Parsed<Tolerated>, leniency: Leniency) {
  const parsed = parseBaselineName(name)
  checkOptions('toMatchBaseline', [...mistakesOf(parsed, tolerance), ...mistakesInLeniency(leniency)])
  return { name: valueOf(parsed), tolerance: valueOf(tolerance) }
}

/** What was parsed, if nothing is wrong with the rest either. */
function valueOfOptions<Value>(matcher: string, parsed: Parsed<Value>, leniency: Leniency): Value {
  checkOptions(matcher, [...mistakesOf(parsed), ...mistakesInLeniency(leniency)])
  return valueOf(parsed)
}

function checkOptions(matcher: string, mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw invalidOptions(mistakes, matcher)
}

function checkReceived<Wanted>(
  received: unknown,
  Wanted: new (...args: never[]) => Wanted,
  matcher: string,
  call: string,
): Wanted {
  const wanted = isBenchResult(received) ? received.summary : received
  if (wanted instanceof Wanted) return wanted
  const [what, cure] = whatElse(received, Wanted, call)
  throw new WsLoadError('WSLOAD_ERR_NOT_A_SUMMARY', `${matcher}: expected a ${Wanted.name}, got ${what}; ${cure}`)
}

/** What something is that is none of this package's classes, and what to pass instead. */
function whatElse(received: unknown, Wanted: { readonly name: string }, call: string): [what: string, cure: string] {
  const fields = isObject(received) ? received : {}
  const isCompared = 'base' in fields && 'head' in fields
  if ('then' in fields) return ['a promise', `await ${call} first`]
  const { constructor } = fields
  if (typeof constructor === 'function' && constructor.name === Wanted.name) {
    return ['one of another copy of this package', 'load it once']
  }
  if (isCompared && 'fromJSON' in Wanted) return ['two runs that were compared', 'pass the base or the head']
  if ('steps' in fields && Wanted.name === 'LoadSummary') return ['a capacity', 'pass the summary of one of its steps']
  if ('schemaVersion' in fields && 'fromJSON' in Wanted) return ['its JSON', `pass ${Wanted.name}.fromJSON(…) of it`]
  return [show(received), `pass what ${call} resolved to`]
}

/** A benchmark's result: a flood's has a summary. */
function isBenchResult(value: unknown): value is { readonly summary: unknown } {
  return typeof value === 'object' && value !== null && 'summary' in value
}
