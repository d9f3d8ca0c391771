import { formatCount, formatDuration, formatRate, formatRatio } from '../units.ts'
import { printable } from '../printable.ts'
import type { FloodRecord, RecordedVerdict } from './flood-record.ts'
import { align } from './layout.ts'
import { plainText } from './markdown.ts'
import { type Paint, plain } from './paint.ts'

/** Floods of one test file, in the order of its tests. */
export interface FileFloods {
  readonly file: string
  readonly floods: readonly { readonly test: string; readonly passed: boolean; readonly flood: FloodRecord }[]
}

type Row = FileFloods['floods'][number]

const header = ['verdict', 'p50', 'p99', 'limit', 'answered', 'errors']
const shortestName = 16
const colours = {
  pass: 'green',
  same: 'green',
  faster: 'green',
  fail: 'red',
  slower: 'red',
  inconclusive: 'yellow',
  unclear: 'yellow',
} as const
const urgency = Object.keys(colours)
const marks = { green: '✓', red: '✗', yellow: '?' } as const
const symbols = { green: '✅', red: '❌', yellow: '❔' } as const

/** All floods of a run for a terminal that is `columns` wide, safe to print; a test's name is cut if it must be. */
export function formatFloodTable(files: readonly FileFloods[], columns: number, paint: Paint = plain): string {
  const rows = files.flatMap(({ floods }) => floods)
  const [head = '', ...figures] = align([header, ...rows.map((row) => figuresOf(row))])
  const names = rows.map((row) => `${marks[colourOf(row)]} ${nameOf(row)}`)
  const room = Math.max(shortestName, columns - Math.max(head.length, ...figures.map(({ length }) => length)) - 5)
  const widest = Math.min(room, Math.max(...names.map(({ length }) => length)))
  const lines = rows.map((row, at) => {
    return `   ${paint[colourOf(row)](cut(names[at]!, widest).padEnd(widest))}  ${figures[at]!}`.trimEnd()
  })
  const blocks = files.map(({ file, floods }) => [
    ` ${paint.bold(cut(printable(file), columns - 1))}`,
    ...lines.splice(0, floods.length),
  ])
  return [` ${paint.dim(`${''.padEnd(widest + 4)}${head}`)}`, ...blocks.flat()].join('\n')
}

/** The same as Markdown: for the summary of a job. Nothing that a name or a server says is markup in it. */
export function floodTableToMarkdown(files: readonly FileFloods[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    '### WebSocket latency',
    [
      line(['', 'test', ...header]),
      line(['---', '---', '---', '---:', '---:', '---', '---:', '---:']),
      ...files.flatMap(({ file, floods }) =>
        floods.map((row) => {
          return line([
            symbols[colourOf(row)],
            ...[`${printable(file)} › ${nameOf(row)}`, ...figuresOf(row, Infinity)].map(plainText),
          ])
        }),
      ),
    ].join('\n'),
  ].join('\n\n')
}

/** A flood in one line: for an annotation of its test. */
export function describeFlood(flood: FloodRecord): string {
  const { latency, throughput, errorRate, connections, url, saturated } = flood
  return [
    `${labelOf(flood)}p50 ${duration(latency.p50)}`,
    `p99 ${duration(latency.p99)}`,
    `max ${duration(latency.max)}`,
    `${formatCount(latency.count ?? 0)} answers at ${formatRate(throughput)}`,
    `errors ${formatRatio(errorRate)}`,
    ...(saturated ? ['generator saturated'] : []),
    `${formatCount(connections.requested)} connections to ${printable(url)}`,
  ].join(', ')
}

function figuresOf({ flood }: Row, mostLimits = 1): string[] {
  const verdict = worstOf(flood.verdicts)
  const { latency, throughput, errorRate, saturated } = flood
  return [
    `${verdict?.verdict ?? '-'}${saturated ? ' (saturated)' : ''}`,
    duration(latency.p50),
    duration(latency.p99),
    verdict === undefined ? '-' : limitsOf(verdict, mostLimits),
    formatRate(throughput),
    formatRatio(errorRate),
  ]
}

function limitsOf({ limits }: RecordedVerdict, most: number): string {
  const more = limits.length > most ? `, +${limits.length - most}` : ''
  return `${limits
    .slice(0, most)
    .map((limit) => printable(limit))
    .join(', ')}${more}`
}

function colourOf({ passed, flood }: Row): keyof typeof marks {
  const verdict = worstOf(flood.verdicts)?.verdict
  return verdict === undefined ? (passed ? 'green' : 'red') : colours[verdict]
}

/** What is worse than the others stands for them all. */
export function worstOf(verdicts: readonly RecordedVerdict[]): RecordedVerdict | undefined {
  return verdicts.toSorted((one, other) => urgency.indexOf(other.verdict) - urgency.indexOf(one.verdict))[0]
}

function nameOf({ test, flood }: Row): string {
  const attempt = flood.attempt > 1 ? ` (attempt ${flood.attempt})` : ''
  return `${printable(test)}${flood.name === undefined ? '' : ` › ${printable(flood.name)}`}${attempt}`
}

function labelOf({ name }: FloodRecord): string {
  return name === undefined ? '' : `${printable(name)}: `
}

function duration(milliseconds: number | null): string {
  return milliseconds === null ? '-' : formatDuration(milliseconds)
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
