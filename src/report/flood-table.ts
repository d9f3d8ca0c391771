import { formatCount, formatCounted, formatDuration, formatRate, formatRatio } from '../units.ts'
import { beginningOf, printable } from '../printable.ts'
import type { FloodRecord, RecordedVerdict } from './flood-record.ts'
import { align } from './layout.ts'
import { plainText, tableRow } from './markdown.ts'
import { bad, outcomes, reference, type Signal, unjudged, urgencyOf } from './outcome.ts'
import { type Paint, plain } from './paint.ts'
import { describeEnd } from './text.ts'
import { isWarning } from './verdict.ts'

/** Floods of one test file, in the order of its tests. */
export interface FileFloods {
  readonly file: string
  readonly floods: readonly { readonly test: string; readonly failed: boolean; readonly flood: FloodRecord }[]
}

type Row = FileFloods['floods'][number]

const header = ['verdict', 'p50', 'p99', 'limit', 'answered', 'errors']
const minNameColumns = 16

/** All floods of a run for a terminal that is `columns` wide, safe to print; a test's name is cut if it must be. */
export function formatFloodTable(files: readonly FileFloods[], columns: number, paint: Paint = plain): string {
  const floods = files.flatMap((file) => file.floods)
  const [head = '', ...figures] = align([header, ...floods.map((flood) => figuresOf(flood))])
  const names = floods.map((flood) => `${signalOf(flood).mark} ${nameOf(flood)}`)
  const figureColumns = Math.max(head.length, ...figures.map(({ length }) => length))
  const longestName = Math.max(...names.map(({ length }) => length))
  const nameColumns = Math.min(longestName, Math.max(minNameColumns, columns - figureColumns - 5))
  const rows = floods.map((flood, nth) => {
    const name = cut(names[nth] ?? '', nameColumns).padEnd(nameColumns)
    return `   ${paint[signalOf(flood).colour](name)}  ${figures[nth] ?? ''}`.trimEnd()
  })
  const blocks = files.map((file) => [
    ` ${paint.bold(cut(printable(file.file), columns - 1))}`,
    ...rows.splice(0, file.floods.length),
  ])
  return [` ${paint.dim(`${''.padEnd(nameColumns + 4)}${head}`)}`, ...blocks.flat()].join('\n')
}

/** The same as Markdown: for the summary of a job. Nothing that a name or a server says is markup in it. */
export function floodTableToMarkdown(files: readonly FileFloods[]): string {
  const rows = files.flatMap(({ file, floods }) =>
    floods.map((flood) => {
      const cells = [`${printable(file)} › ${nameOf(flood)}`, ...figuresOf(flood, Infinity)]
      return tableRow([signalOf(flood).emoji, ...cells.map(plainText)])
    }),
  )
  const remarks = files.flatMap(({ file, floods }) =>
    floods.flatMap((flood) =>
      remarksOn(worstOf(flood.flood.verdicts)).map(
        (remark) => `- ${plainText(`${printable(file)} › ${nameOf(flood)}: ${remark}`)}`,
      ),
    ),
  )
  return [
    '### WebSocket latency',
    [
      tableRow(['', 'test', ...header]),
      tableRow(['---', '---', '---', '---:', '---:', '---', '---:', '---:']),
      ...rows,
    ].join('\n'),
    ...(remarks.length > 0 ? [remarks.join('\n')] : []),
  ].join('\n\n')
}

/** What no row tells: why, where no limit did, and where the time went. */
function remarksOn(verdict: RecordedVerdict | undefined): readonly string[] {
  if (verdict === undefined) return []
  const { report, bottlenecks } = verdict
  return hasDecisiveLimit(verdict) ? bottlenecks : [report.title, ...report.reasons, ...bottlenecks]
}

/** A flood in one line: for an annotation of its test. */
export function describeFlood(flood: FloodRecord): string {
  const { pings, throughput, messages, connections, url, saturated, otherFloods, fanOut } = flood
  return [
    `${labelOf(flood)}${fanOut === undefined ? '' : 'delivery '}p50 ${responseTimeOf(flood, 'p50')}`,
    `p99 ${responseTimeOf(flood, 'p99')}`,
    `max ${responseTimeOf(flood, 'max')}`,
    ...(fanOut === undefined ? [] : describeFanOut(fanOut)),
    `${formatCount(pings.answered)} ${fanOut === undefined ? 'answers' : 'deliveries'} at ${formatRecorded(throughput, formatRate)}`,
    `errors ${errorsOf(flood)}`,
    ...(endedAsAsked(flood) ? [] : describeEnd(flood.ended)),
    ...(messages.surplus > 0 ? [formatCounted(messages.surplus, 'surplus message')] : []),
    ...(saturated ? ['generator saturated'] : []),
    ...(otherFloods > 0 ? [`${formatCounted(otherFloods, 'other flood')} at the same time`] : []),
    [`${formatCounted(connections.requested, 'connection')} to ${printable(url)}`, ...serverMark(flood)].join(' '),
  ].join(', ')
}

/** Beside a flood that went to the embedded server: whoever meant another one is to see it. */
export function serverMark({ embedded }: Pick<FloodRecord, 'embedded'>): string[] {
  return embedded === true ? ['(embedded server)'] : []
}

function describeFanOut({
  completion,
  reach,
  published,
  duplicates,
  outOfOrder,
  misrouted,
  refused,
}: NonNullable<FloodRecord['fanOut']>): string[] {
  const incomplete = published.answered < published.sent
  return [
    `completion p99 ${formatDuration(completion.p99 ?? (incomplete ? Infinity : NaN))}`,
    `reach ${formatRecorded(reach, formatRatio)}`,
    formatCounted(published.sent, 'message'),
    ...(duplicates > 0 ? [formatCounted(duplicates, 'duplicate')] : []),
    ...(outOfOrder > 0 ? [`${formatCount(outOfOrder)} out of order`] : []),
    ...(misrouted > 0 ? [`${formatCount(misrouted)} misrouted`] : []),
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
  ]
}

function figuresOf({ flood }: Row, maxLimits = 1): string[] {
  const verdict = worstOf(flood.verdicts)
  const { ended, throughput, messages, saturated } = flood
  return [
    [
      verdict?.verdict ?? unjudgedAs(flood),
      ...(flood.verdicts.some(hasWarnings) ? ['(warning)'] : []),
      ...(endedAsAsked(flood) ? [] : [`(${ended})`]),
      ...(saturated ? ['(saturated)'] : []),
      ...(messages.surplus > 0 ? ['(surplus messages)'] : []),
      ...serverMark(flood),
    ].join(' '),
    responseTimeOf(flood, 'p50'),
    responseTimeOf(flood, 'p99'),
    verdict === undefined ? '-' : limitsOf(verdict, maxLimits),
    formatRecorded(throughput, formatRate),
    errorsOf(flood),
  ]
}

function endedAsAsked({ ended }: FloodRecord): boolean {
  return ended === 'completed' || ended === 'decided'
}

function hasWarnings(verdict: RecordedVerdict): boolean {
  return verdict.type === 'slo' && verdict.objectives.some(isWarning)
}

/** Infinite where too many pings were left without an answer, none where none was sent. */
function responseTimeOf({ responseTime, pings }: FloodRecord, figure: keyof FloodRecord['responseTime']): string {
  const unanswered = pings.timedOut + pings.lost
  return formatDuration(responseTime[figure] ?? (unanswered > 0 ? Infinity : NaN))
}

/** The failed share of pings, and of connections if any failed. */
function errorsOf({ errorRate, connectErrorRate, connections }: FloodRecord): string {
  const ofPings = formatRecorded(errorRate, formatRatio)
  return connections.failed > 0 ? `${ofPings}, connect ${formatRecorded(connectErrorRate, formatRatio)}` : ofPings
}

/** None where none of them decided: the first would be blamed for it. */
function limitsOf(verdict: RecordedVerdict, maxLimits: number): string {
  if (!hasDecisiveLimit(verdict)) return '-'
  const { limits } = verdict
  const listed = limits.slice(0, maxLimits).map(printable).join(', ')
  return limits.length > maxLimits ? `${listed}, +${limits.length - maxLimits}` : listed
}

/** Whether a verdict is that of one of its limits, and not one on how the run went, or the search for a capacity. */
function hasDecisiveLimit(judged: RecordedVerdict): boolean {
  const { type, verdict } = judged
  const isOpen = verdict === 'unclear' || verdict === 'inconclusive'
  if (type === 'comparison') {
    return !(isOpen && judged.doubtful) && judged.changes.some((change) => change.verdict === verdict)
  }
  if (type !== 'slo') return !isOpen
  if (verdict === 'pass') return true
  return (
    !(isOpen && judged.vacuous) &&
    judged.objectives.some((objective) => objective.level === 'fail' && objective.verdict === verdict)
  )
}

/** A flood that nobody judged is no better than its test, and proves nothing where that did not fail. */
function signalOf({ failed, flood }: Row): Signal {
  const verdict = worstOf(flood.verdicts)?.verdict
  if (verdict !== undefined) return outcomes[verdict]
  if (!failed && flood.messages.surplus > 0) return outcomes.inconclusive
  if (isBase(flood)) return reference
  return failed ? bad : unjudged
}

function unjudgedAs(flood: FloodRecord): string {
  return isBase(flood) ? '-' : unjudged.title
}

/** The verdict on a comparison is that on its head, if there is one. */
function isBase({ comparison }: FloodRecord): boolean {
  return comparison?.side === 'base' && comparison.other !== null
}

/** What is worse than the others stands for them all. */
export function worstOf(verdicts: readonly RecordedVerdict[]): RecordedVerdict | undefined {
  return verdicts.toSorted((one, other) => urgencyOf(other.verdict) - urgencyOf(one.verdict))[0]
}

function nameOf({ test, flood }: Row): string {
  const attempt = flood.attempt > 1 ? ` (attempt ${flood.attempt})` : ''
  return `${printable(test)}${flood.name === undefined ? '' : ` › ${printable(flood.name)}`}${attempt}`
}

function labelOf({ name }: FloodRecord): string {
  return name === undefined ? '' : `${printable(name)}: `
}

function formatRecorded(value: number | null, format: (value: number) => string): string {
  return value === null ? '-' : format(value)
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${beginningOf(text, length - 1)}…`
}
