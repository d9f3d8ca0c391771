import { formatBracket, formatRange, shownEnds } from '../slo/bracket.ts'
import type { ObjectiveVerdict, SLOVerdict } from '../slo/verdict.ts'
import { describeFaults } from '../slo/fault.ts'
import { isOfConnections, kinds } from '../slo/indicator.ts'
import type { LoadResult } from '../result/load-result.ts'
import { wordsOf } from '../result/samples.ts'
import { beside, digitsBeside, formatCount, formatPoints, formatRatio, formatRatioTo } from '../units.ts'
import { wrap } from './layout.ts'
import { headline, markOf, outcomes, urgencyOf } from './outcome.ts'
import { describeOtherFloods } from './other-floods.ts'
import { type Paint, plain } from './paint.ts'
import { describeSaturation } from './saturation.ts'
import { markedTable } from './table.ts'

const maxNamesInTitle = 3
const maxObjectives = 6
const maxLines = 14
/** Of what comes before the verdict: a reader of it looks for the objectives. */
const maxCautions = 5
/** Of {@link objectiveRow}. */
const intervalColumn = 3

/**
 * What an assertion says: the verdict, a table of the objectives with the missed ones first, then why: missing evidence,
 * unanswered pings, faults. That the generator was saturated, or not alone on its machine, comes first, unless the SLO is missed
 * in spite of it. At most 14 lines of 80 columns, safe to print whatever the server sent.
 */
export function formatVerdict(result: LoadResult, verdict: SLOVerdict, paint: Paint = plain): string {
  const { generator, environment, errors } = result
  const cautions = [
    ...describeSaturation(generator, paint),
    ...describeOtherFloods(environment).flatMap((text) => wrap(text).map(paint.yellow)),
  ]
  const isMissed = verdict.verdict === 'fail'
  const reasons = verdict.reasons.filter((reason) => !generator.saturated || !generator.reasons.includes(reason))
  const givenReasons = verdict.reasons.join()
  const failures = verdict.verdict === 'pass' ? [] : [...describePings(result), ...describeFaults(errors)]
  const lines = [
    ...(isMissed ? [] : atMost(maxCautions, cautions)),
    ...formatObjectives({ ...verdict, reasons }, paint),
    ...failures.filter((failure) => !givenReasons.includes(failure)).flatMap((failure) => wrap(failure, '  ')),
    ...(isMissed ? cautions : []),
  ]
  return atMost(maxLines, lines).join('\n')
}

function atMost(most: number, lines: readonly string[]): readonly string[] {
  return lines.length > most ? [...lines.slice(0, most - 1), '  …'] : lines
}

/**
 * The verdict in a sentence, the table of its objectives, the reasons that neither of them shows, and warnings. The
 * interval that the true value lies in has a column of its own.
 */
export function formatObjectives(
  { verdict, reasons, warnings, objectives, bottleneck, confidence }: SLOVerdict,
  paint: Paint = plain,
): string[] {
  const title = titleOf({ verdict, objectives, reasons })
  const listed = objectives.toSorted((one, other) => attentionTo(other) - attentionTo(one)).slice(0, maxObjectives)
  const hasIntervals = listed.some((objective) => intervalOf(objective) !== '')
  const columns = (cells: string[]): string[] => (hasIntervals ? cells : cells.toSpliced(intervalColumn, 1))
  const rows = listed.map((one) => ({ mark: markWith(one, paint), cells: columns(objectiveRow(one)) }))
  const missed = new Set(
    objectives.filter((one) => one.verdict === 'fail' && one.level === 'fail').map(({ reason }) => reason),
  )
  return [
    ...headline(verdict, title, paint),
    ...markedTable(columns(objectiveHead(confidence)), rows, objectives.length - listed.length, paint),
    ...(bottleneck === undefined ? [] : wrap(bottleneck, '  ').map(paint.yellow)),
    ...reasons
      .filter((reason) => !missed.has(reason) && !title.endsWith(reason))
      .flatMap((reason) => wrap(reason, '  ')),
    ...warnings.flatMap((warning) => wrap(`warning: ${warning}`, '  ').map(paint.yellow)),
  ]
}

/** Where the pings without an answer went; empty when there are none. */
function describePings({ fanOut, pings }: LoadResult): string[] {
  const counts = { 'timed out': pings.timedOut, lost: pings.lost, 'never sent': pings.dropped }
  const missing = Object.entries(counts).filter(([, count]) => count > 0)
  if (missing.length === 0) return []
  const parts = missing.map(([what, count]) => `${formatCount(count)} ${what}`)
  return [`of ${formatCount(pings.due)} ${wordsOf({ fanOut }).many} due: ${parts.join(', ')}`]
}

/** The verdict in a sentence. */
export function titleOf({
  verdict,
  objectives,
  reasons,
}: Pick<SLOVerdict, 'verdict' | 'objectives' | 'reasons'>): string {
  const { title } = outcomes[verdict]
  const binding = objectives.filter(({ level }) => level === 'fail')
  const decisive = binding.filter((objective) => objective.verdict === verdict)
  const [reason, ...otherReasons] = new Set(decisive.map((objective) => objective.reason))
  if (reason !== undefined && otherReasons.length === 0) return `${title}: ${reason}`
  if (verdict === 'pass') return `${title}: ${decisive.length} objectives`
  if (decisive.length === 0 && reasons.length > 0) return `${title}: ${reasons[0]}`
  const names = [...new Set(decisive.map(({ indicator }) => indicator))]
  const listed = [...names.slice(0, maxNamesInTitle), ...(names.length > maxNamesInTitle ? ['…'] : [])]
  return `${title}: ${listed.join(', ')} (${decisive.length} of ${binding.length} objectives)`
}

/** What only warns comes after what turns the verdict, and before what passed. */
function attentionTo({ verdict, level }: ObjectiveVerdict): number {
  return isWarning({ verdict, level }) ? urgencyOf('pass') + 0.5 : urgencyOf(verdict)
}

function markWith({ verdict, level }: ObjectiveVerdict, paint: Paint): string {
  return isWarning({ verdict, level }) ? paint.yellow('!') : markOf(verdict, paint)
}

/** Whether a bound only warns, and does. */
export function isWarning({ verdict, level }: Pick<ObjectiveVerdict, 'verdict' | 'level'>): boolean {
  return level === 'warn' && verdict !== 'pass'
}

/** What stands above the columns of objectives. */
export function objectiveHead(confidence: number): string[] {
  return ['objective', 'limit', 'measured', `${formatRatio(confidence)} sure`, 'by how much']
}

/** An objective in words: what, limit, measured, the interval that the true value lies in, by how much. */
export function objectiveRow(objective: ObjectiveVerdict): string[] {
  const { indicator, bound, kind, limit } = objective
  const format = beside(limit, kinds[kind].formatTo)
  const { floor, ceiling } = objective
  // Ends of a latency that differ by a few per cent are printed as one value; of a share the limit may lie between them.
  const isRange = kind === 'ratio' && objective.verdict === 'inconclusive' && floor < ceiling
  const measured = isRange ? formatRange(floor, ceiling, format) : formatBracket(objective, format)
  return [indicator, bound, measured, intervalOf(objective), byHowMuch(objective)]
}

/** Between which values the truth lies; empty for facts about the run, which have no interval, and where nothing is known. */
export function intervalOf({
  kind,
  low,
  high,
  samples,
  limit = NaN,
}: Pick<ObjectiveVerdict, 'kind' | 'low' | 'high' | 'samples'> & Partial<Pick<ObjectiveVerdict, 'limit'>>): string {
  const format = beside(limit, kinds[kind].formatTo)
  if (samples === 0 || Number.isNaN(low + high)) return ''
  if (low === Infinity || format(low) === format(high)) return format(high)
  return high === Infinity ? `≥ ${format(low)}` : formatRange(low, high, format)
}

/** The distance from what the table shows as measured to the limit, so that it can be checked. */
function byHowMuch(objective: ObjectiveVerdict): string {
  const { verdict, kind, comparison, limit, margin } = objective
  if (verdict === 'inconclusive') return 'undecided'
  if (margin === -Infinity) return isOfConnections(objective.indicator) ? 'too many failed' : 'too many unanswered'
  const { low, high } = shownEnds(objective)
  const isUpperBound = comparison.startsWith('<')
  const distance = Math.abs(limit - asPrinted((verdict === 'pass') === isUpperBound ? high : low, objective))
  const amount = kind === 'ratio' ? formatPoints(distance) : kinds[kind].format(distance)
  const share = distance === 0 ? 0 : distance / limit
  if (verdict === 'pass') return `${share === Infinity ? amount : percent(share)} to spare`
  const missed = `${amount} ${isUpperBound ? 'over' : 'short'}`
  return share === 0 || share === Infinity ? missed : `${missed} (${percent(share)})`
}

/** A value as it is rounded in print: in the unit that it is printed in. */
function asPrinted(value: number, { kind, limit }: ObjectiveVerdict): number {
  if (kind === 'count') return value
  const { formatTo, parse } = kinds[kind]
  const size = parse(formatTo(Math.abs(value), digitsBeside(limit, value, formatTo)))
  return size === undefined ? value : Math.sign(value) * size
}

function percent(ratio: number): string {
  return ratio < 1 ? formatRatioTo(ratio, 2) : formatRatio(ratio)
}
