import { formatBracket, formatRange } from '../slo/bracket.ts'
import type { ObjectiveVerdict, SLOVerdict, Verdict } from '../slo/verdict.ts'
import { describeFaults } from '../slo/fault.ts'
import { kinds } from '../slo/indicator.ts'
import type { LoadResult } from '../result/load-result.ts'
import { formatCount, formatRatio } from '../units.ts'
import { align, wrap } from './layout.ts'
import { type Paint, plain } from './paint.ts'
import { describeSaturation } from './saturation.ts'

const mostNames = 3
const mostRows = 6
const mostLines = 14
const titles: Record<Verdict, string> = { pass: 'SLO met', fail: 'SLO missed', inconclusive: 'SLO inconclusive' }
const marks: Record<Verdict, string> = { pass: '✓', fail: '✗', inconclusive: '?' }
const colours = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const
const urgency: readonly Verdict[] = ['fail', 'inconclusive', 'pass']

/**
 * What an assertion says: the verdict, a table of the objectives with the missed ones first, then why: doubts, unanswered
 * pings, faults. That the generator was saturated comes first, unless the verdict is sure in spite of it. At most 14
 * lines of 80 columns, safe to print whatever the server sent.
 */
export function formatVerdict(result: LoadResult, verdict: SLOVerdict, paint: Paint = plain): string {
  const { generator } = result
  const saturation = describeSaturation(generator, paint)
  const sure = verdict.verdict === 'fail'
  const said = verdict.reasons.join()
  const reasons = verdict.reasons.filter((reason) => !generator.saturated || !generator.reasons.includes(reason))
  const why = verdict.verdict === 'pass' ? [] : [...describePings(result), ...describeFaults(result.errors)]
  const lines = [
    ...(sure ? [] : saturation),
    ...formatObjectives({ ...verdict, reasons }, paint),
    ...why.filter((line) => !said.includes(line)).flatMap((line) => wrap(line, '  ')),
    ...(sure ? saturation : []),
  ]
  return (lines.length > mostLines ? [...lines.slice(0, mostLines - 1), '  …'] : lines).join('\n')
}

/**
 * The verdict in a sentence, the table of its objectives, the reasons that neither of them shows, and warnings. The
 * interval that the true value lies in has a column of its own.
 */
export function formatObjectives(
  { verdict, reasons, warnings, objectives, confidence }: SLOVerdict,
  paint: Paint = plain,
): string[] {
  const title = titleOf({ verdict, objectives })
  const sorted = objectives.toSorted((one, other) => urgencyOf(one) - urgencyOf(other))
  const shown = sorted.slice(0, mostRows)
  const intervals = shown.map(intervalOf)
  const known = intervals.some((interval) => interval !== '')
  const sure = (interval: string): string[] => (known ? [interval] : [])
  const [header = '', ...rows] = align([
    ['objective', 'limit', 'measured', ...sure(`${formatRatio(confidence)} sure`), 'by how much'],
    ...shown.map((one, at) => [...measuredOf(one), ...sure(intervals[at]!), byHowMuch(one)]),
  ])
  const missed = new Set(
    objectives.filter((one) => one.verdict === 'fail' && one.level === 'fail').map(({ reason }) => reason),
  )
  return [
    ...wrap(title).map((line) => paint.bold(paint[colours[verdict]](line))),
    paint.dim(`    ${header}`),
    ...rows.map((row, at) => `  ${markOf(shown[at]!, paint)} ${row}`),
    ...(sorted.length > mostRows ? [paint.dim(`    … and ${sorted.length - mostRows} more`)] : []),
    ...reasons
      .filter((reason) => !missed.has(reason) && !title.endsWith(reason))
      .flatMap((reason) => wrap(reason, '  ')),
    ...warnings.flatMap((warning) => wrap(`warning: ${warning}`, '  ').map(paint.yellow)),
  ]
}

/** Where the pings without an answer went; empty when there are none. */
function describePings({ pings }: LoadResult): string[] {
  const parts = [
    [pings.timedOut, 'timed out'],
    [pings.lost, 'lost'],
    [pings.dropped, 'never sent'],
  ] as const
  const missing = parts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`)
  return missing.length === 0 ? [] : [`of ${formatCount(pings.due)} pings due: ${missing.join(', ')}`]
}

/** The verdict in a sentence. */
export function titleOf({ verdict, objectives }: Pick<SLOVerdict, 'verdict' | 'objectives'>): string {
  const concerned = objectives.filter((one) => one.verdict === verdict && one.level === 'fail')
  const [reason, ...others] = new Set(concerned.map((objective) => objective.reason))
  if (reason !== undefined && others.length === 0) return `${titles[verdict]}: ${reason}`
  if (verdict === 'pass') return `${titles[verdict]}: ${concerned.length} objectives`
  const names = [...new Set(concerned.map(({ indicator }) => indicator))]
  const some = [...names.slice(0, mostNames), ...(names.length > mostNames ? ['…'] : [])]
  return `${titles[verdict]}: ${some.join(', ')} (${concerned.length} of ${objectives.filter(({ level }) => level === 'fail').length} objectives)`
}

/** What turns the verdict first, then what warns. */
function urgencyOf({ verdict, level }: ObjectiveVerdict): number {
  return verdict === 'pass' || level === 'fail' ? urgency.indexOf(verdict) : urgency.length - 1.5
}

/** A warning is none of the verdict's business. */
function markOf({ verdict, level }: ObjectiveVerdict, paint: Paint): string {
  return level === 'warn' && verdict !== 'pass' ? paint.yellow('!') : paint[colours[verdict]](marks[verdict])
}

/** An objective in words: what, limit, measured, the interval that the true value lies in, by how much. */
export function objectiveRow(objective: ObjectiveVerdict): string[] {
  return [...measuredOf(objective), intervalOf(objective), byHowMuch(objective)]
}

function measuredOf(objective: ObjectiveVerdict): string[] {
  const { indicator, bound, kind } = objective
  return [indicator, bound, formatBracket(objective, kinds[kind].format)]
}

/** Between which values the truth lies; empty for facts about the run, which have no interval, and where nothing is known. */
export function intervalOf(objective: Pick<ObjectiveVerdict, 'kind' | 'low' | 'high' | 'samples'>): string {
  const { kind, low, high, samples } = objective
  const { format } = kinds[kind]
  if (samples === 0 || Number.isNaN(low + high)) return ''
  if (low === Infinity || format(low) === format(high)) return format(high)
  return high === Infinity ? `≥ ${format(low)}` : formatRange(low, high, format)
}

function byHowMuch({ verdict, kind, comparison, margin, excess }: ObjectiveVerdict): string {
  if (verdict === 'inconclusive') return 'undecided'
  if (verdict === 'pass' && excess >= -1) return `${percent(-excess)} to spare`
  if (margin === -Infinity) return 'too many unanswered'
  const times = Number.isFinite(excess) ? `${Number((1 + Math.abs(excess)).toPrecision(3))}× the limit` : ''
  if (verdict === 'pass') return times
  if (kind === 'ratio' && excess > 0 && excess < Infinity) return times
  const amount = `${kinds[kind].format(-margin)} ${comparison.startsWith('<') ? 'over' : 'short'}`
  if (excess === 0 || excess === Infinity) return amount
  return `${amount} (${excess < 1 ? percent(excess) : times})`
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(2))} %`
}
