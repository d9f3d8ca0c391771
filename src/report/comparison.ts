import {
  type Change,
  changeFormat,
  type ComparisonVerdict,
  formatAllowed,
  formatChange,
  formatFigure,
  formatInterval,
  type MeasuredChange,
  type Noise,
} from '../gate/comparison.ts'
import { describeFaults } from '../slo/fault.ts'
import { findIndicator, observedBy } from '../slo/indicator.ts'
import { observeRun } from '../slo/observation.ts'
import { printable } from '../printable.ts'
import type { LoadResult } from '../result/load-result.ts'
import { formatCount, formatDuration, formatRatio } from '../units.ts'
import { wrap } from './layout.ts'
import { headline, markOf, outcomes, urgencyOf } from './outcome.ts'
import { describeOtherFloods } from './other-floods.ts'
import { type Paint, plain } from './paint.ts'
import { markedTable } from './table.ts'

const maxFigures = 6
const maxReasonsBelow = 4
const maxFaultsOfSide = 2

/** Two runs and how they compare. */
export interface Compared extends ComparisonVerdict {
  readonly base: LoadResult
  readonly head: LoadResult
}

/**
 * What an assertion on a comparison says: the verdict, a table of the figures, why, the noise of the machine, and what was
 * measured. At most 80 columns, safe to print whatever the servers sent.
 */
export function formatComparison(compared: Compared, paint: Paint = plain): string {
  const { verdict, reasons, changes, bottlenecks, confidence } = compared
  const rows = changes
    .toSorted((one, other) => urgencyOf(other.verdict) - urgencyOf(one.verdict))
    .slice(0, maxFigures)
    .map((change) => ({ mark: markOf(change.verdict, paint), cells: changeRow(change) }))
  return [
    ...headline(verdict, titleOfComparison(compared), paint),
    ...markedTable(changeHead(confidence), rows, changes.length - rows.length, paint),
    ...reasons.slice(1, 1 + maxReasonsBelow).flatMap((reason) => wrap(reason, '  ')),
    ...bottlenecks.flatMap((bottleneck) => wrap(bottleneck, '  ')),
    ...describeNoise(compared),
    ...describeStarts(compared).flatMap((line) => wrap(line, '  ')),
    ...describeSides(compared),
  ].join('\n')
}

/** The verdict in a sentence. */
export function titleOfComparison({ verdict, reasons, changes }: ComparisonVerdict): string {
  return `${outcomes[verdict].title}: ${reasons[0] ?? `${changes.length} figures`}`
}

/** What stands above the columns of changes. */
export function changeHead(confidence: number): string[] {
  return ['figure', 'base', 'head', 'change', `${formatRatio(confidence)} sure`, 'allowed']
}

/** A change in words: what, base, head, change, the interval that the true change lies in, what is allowed. */
export function changeRow(measured: Change): string[] {
  const { indicator, base, head, change } = measured
  const format = changeFormat(measured)
  return [
    indicator,
    formatFigure(indicator, base),
    formatFigure(indicator, head),
    formatChange(change, format),
    intervalOf(measured, format),
    formatAllowed(measured),
  ]
}

/** The base against itself (A/A), where anything bounds that. */
export function formatNoise({ low, high }: Noise): string {
  return low > -1 ? intervalOf({ low, high }) : '-'
}

/** Where anything bounds the change on both sides. */
function intervalOf(change: Pick<MeasuredChange, 'low' | 'high'>, format?: (value: number) => string): string {
  return Number.isNaN(change.low + change.high) || change.high === Infinity ? '-' : formatInterval(change, format)
}

/** What less than this is cannot be seen here. */
function describeNoise({ noise }: Compared): string[] {
  const parts = noise.map((itself) => ({ indicator: itself.indicator, interval: formatNoise(itself) }))
  const known = parts.filter(({ interval }) => interval !== '-')
  const list = known.map(({ indicator, interval }) => `${indicator} ${interval}`).join(', ')
  return known.length === 0 ? [] : wrap(`base against itself (A/A): ${list}`, '  ')
}

/** What intervals are those of, where it is not turns. */
export function describeStarts({ starts }: ComparisonVerdict): string[] {
  return starts === 1
    ? []
    : [`both servers were started ${starts} times: the interval of a time is that of ${starts} pairs`]
}

function describeSides({ base, head, changes }: Compared): string[] {
  return (['base', 'head'] as const).flatMap((name) => {
    const side = { base, head }[name]
    const { options, startedAt, errors, environment } = side
    const url = typeof options.url === 'string' ? `${printable(options.url)}, ` : ''
    const when = base.startedAt === head.startedAt ? '' : `, ${startedAt}`
    const wholeRun = figuresOfWholeRun(side, changes, name)
    const faults = describeFaults(errors).slice(0, maxFaultsOfSide)
    const measured = `${name}: ${url}${describeAnswered(side)}${when}${wholeRun === '' ? '' : `; in the whole run ${wholeRun}`}`
    const remarks = [...faults, ...describeOtherFloods(environment)]
    return [...wrap(measured, '  '), ...remarks.flatMap((remark) => wrap(remark, '    '))]
  })
}

/** How much of a side was measured. */
export function describeAnswered({ fanOut, pings, duration }: LoadResult): string {
  const what = fanOut === undefined ? 'pings answered' : 'deliveries came'
  return `${formatCount(pings.answered)} ${what} in ${formatDuration(duration)}`
}

/** Where a figure of the whole run reads otherwise than that of the blocks that its change is taken of. */
export function figuresOfWholeRun(result: LoadResult, changes: readonly Change[], side: 'base' | 'head'): string {
  const run = observeRun(result)
  return changes
    .flatMap(({ indicator, [side]: compared }) => {
      const reader = findIndicator(indicator)
      if (reader === undefined) return []
      const observed = observedBy(run, reader)
      const measured = observed === undefined ? NaN : reader.read(observed).measured
      const figure = formatFigure(indicator, measured)
      return figure === formatFigure(indicator, compared) ? [] : [`${indicator} ${figure}`]
    })
    .join(', ')
}
