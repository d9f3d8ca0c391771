import { type CapacityResult, formatEnds } from '../capacity/capacity.ts'
import { formatObjectives } from '../capacity/findings.ts'
import { formatLoad, formatLoads } from '../capacity/load.ts'
import { type CapacityStep, formatRecovery, hasFailed, wordsOfVerdict } from '../capacity/step.ts'
import type { CapacityVerdict } from '../capacity/compare.ts'
import { processorKnee } from '../capacity/knee.ts'
import type { SustainVerdict } from '../capacity/sustain.ts'
import { writtenDigits } from '../gate/comparison.ts'
import { printable } from '../printable.ts'
import { observeRun } from '../slo/observation.ts'
import { formatCounted, formatDuration, formatProcessors, formatRate, formatRatio, formatRatioTo } from '../units.ts'
import { wrap } from './layout.ts'
import { headline, markOf, outcomes } from './outcome.ts'
import { type Paint, plain } from './paint.ts'
import { formatPercentile } from './percentiles.ts'
import { type MarkedRow, markedTable } from './table.ts'

/** What stands above the columns of loads. */
export const stepHead = ['load', 'p50', 'p99', 'errors', 'answered', 'measured', 'recovery']

/** A capacity in at most 80 columns: what it is, each load that was tried, what limited it. Safe to print whatever the server sent. */
export function formatCapacity(capacity: CapacityResult, paint: Paint = plain): string {
  const { steps, reasons } = capacity
  const rows = steps.toSorted((one, other) => one.load - other.load).map((step) => rowOf(capacity, step, paint))
  return [
    ...wrap(titleOfCapacity(capacity)).map(paint.bold),
    ...wrap(describeSearch(capacity), '  ').map(paint.dim),
    ...(rows.length > 0 ? markedTable(stepHead, rows, 0, paint) : []),
    ...[...describeKnee(capacity), ...reasons].flatMap((sentence) => wrap(sentence, '  ')),
  ].join('\n')
}

/** From which load on the server used no more processor time, if it was watched and there is such a load. */
export function describeKnee(capacity: CapacityResult): string[] {
  const knee = processorKnee(capacity)
  if (knee === undefined) return []
  return [
    `from ${formatLoad(capacity.over, knee.load)} on, the server used no more of the processors than ${formatProcessors(knee.most)}`,
  ]
}

/** Whether a load is sustained, and the capacity that says so. */
export function formatSustained(
  capacity: CapacityResult,
  { verdict, reason }: SustainVerdict,
  paint: Paint = plain,
): string {
  const title = { pass: 'Sustained', fail: 'Not sustained', inconclusive: 'Inconclusive' }[verdict]
  return [...headline(verdict, `${title}: ${reason}`, paint), formatCapacity(capacity, paint)].join('\n')
}

/** Two capacities and how they compare. */
export interface ComparedCapacities extends CapacityVerdict {
  readonly base: CapacityResult
  readonly head: CapacityResult
}

/** How a head's capacity compares with its base's, and both of them. */
export function formatCapacityComparison(compared: ComparedCapacities, paint: Paint = plain): string {
  const { verdict, reasons, base, head } = compared
  const sides = Object.entries({ base, head })
  return [
    ...headline(verdict, titleOfCapacityComparison(compared), paint),
    ...reasons.slice(1).flatMap((reason) => wrap(reason, '  ')),
    ...sides.map(([name, capacity]) => `${name}: ${formatCapacity({ ...capacity, reasons: [] }, paint)}`),
  ].join('\n')
}

/** The verdict in a sentence. */
export function titleOfCapacityComparison({ verdict, reasons, base, head }: ComparedCapacities): string {
  const ofBoth = [base, head].map(({ over, low }) => formatLoad(over, low)).join(' and ')
  return `${outcomes[verdict].title}: ${reasons[0] ?? `base and head surely keep ${ofBoth}`}`
}

/** By how much a head's capacity may be lower than its base's: `-20 %`. */
export function formatLoss({ tolerance }: Pick<CapacityVerdict, 'tolerance'>): string {
  return `-${formatRatioTo(tolerance, writtenDigits)}`
}

/** The capacity in a sentence. */
export function titleOfCapacity(capacity: CapacityResult): string {
  const { over, rate, connections, low, high, confidence } = capacity
  const slo = printable(formatObjectives(capacity))
  const [load, kept, missed] = formatLoads(over, [over === 'rate' ? rate : connections, low, high])
  if (low > 0 && high < Infinity) {
    const sure = `${formatRatio(confidence)} sure`
    return `Capacity: ${load} with ${slo}, between ${kept} (kept) and ${missed} (missed), ${sure}`
  }
  if (low > 0) return `Capacity: at least ${kept} with ${slo}`
  return high < Infinity ? `Capacity: below ${missed} with ${slo}` : `Capacity: unknown, with ${slo}`
}

/** A capacity in few words: `capacity 1.94k/s … 2.06k/s`. */
export function nameCapacity(capacity: CapacityResult): string {
  return `capacity ${formatEnds(capacity)}`
}

/** What was varied, what held, and how long it took. */
export function describeSearch({ over, connections, ratePerConnection, steps, duration }: CapacityResult): string {
  const first = steps.find(({ summary }) => summary !== undefined)?.summary
  const url = first?.options.url
  const agents = first?.machines?.length
  const held =
    over === 'rate' ? formatCounted(connections, 'connection') : `${formatRate(ratePerConnection!)} of each connection`
  const tried = steps.filter((step) => !hasFailed(step)).length
  return [
    ...(typeof url === 'string' ? [printable(url)] : []),
    held,
    ...(agents === undefined ? [] : [`from ${formatCounted(agents, 'agent')}`]),
    `${formatCounted(tried, 'load')} tried in ${formatDuration(duration)}`,
  ].join(', ')
}

/** One load in words, a cell for each of {@link stepHead}. */
export function stepRow({ over }: Pick<CapacityResult, 'over'>, { load, summary, recovery }: CapacityStep): string[] {
  const after = recovery === undefined ? '' : formatRecovery(recovery)
  if (summary === undefined) return [formatLoad(over, load), '-', '-', '-', '-', '-', after]
  const run = observeRun(summary)
  return [
    formatLoad(over, load),
    formatPercentile(run, 50),
    formatPercentile(run, 99),
    formatRatio(summary.errorRate),
    formatRate(summary.throughput),
    formatDuration(summary.duration),
    after,
  ]
}

/** A load as a line of its own, while the search is under way. */
export function formatStep(search: Pick<CapacityResult, 'over'>, step: CapacityStep, paint: Paint = plain): string {
  const [load, p50, p99, errors] = stepRow(search, step)
  const why = step.verdict === 'pass' || step.reasons.length === 0 ? '' : `: ${step.reasons[0]!}`
  const figures = step.summary === undefined ? '' : `, p50 ${p50}, p99 ${p99}, ${errors} errors`
  const [line = '', ...more] = wrap(
    `${outcomes[step.verdict].mark} ${load} ${wordsOfVerdict[step.verdict]}${figures}${why}`,
  )
  return [paint[outcomes[step.verdict].colour](line), ...more].join('\n')
}

function rowOf(capacity: CapacityResult, step: CapacityStep, paint: Paint): MarkedRow {
  return { mark: markOf(step.verdict, paint), cells: stepRow(capacity, step) }
}
