import {
  type Change,
  type ChangeVerdict,
  type ComparisonVerdict,
  formatAllowed,
  formatChange,
  formatFigure,
} from '../gate/comparison.ts'
import { describeFaults } from '../slo/fault.ts'
import { printable } from '../printable.ts'
import type { LoadResult } from '../result/load-result.ts'
import { formatCount, formatDuration, formatRatio } from '../units.ts'
import { align, wrap } from './layout.ts'
import { type Paint, plain } from './paint.ts'

const titles: Record<ChangeVerdict, string> = {
  slower: 'Slower',
  faster: 'Faster',
  same: 'No regression',
  unclear: 'Unclear',
}
const marks: Record<ChangeVerdict, string> = { slower: '✗', faster: '✓', same: '✓', unclear: '?' }
const colours = { slower: 'red', faster: 'green', same: 'green', unclear: 'yellow' } as const
const mostFigures = 6
const mostReasons = 4
const mostFaults = 2

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
  const { verdict, reasons, changes, confidence } = compared
  const others = reasons.slice(1)
  const shown = changes.slice(0, mostFigures)
  const [header = '', ...rows] = align([
    ['figure', 'base', 'head', 'change', `${formatRatio(confidence)} sure`, 'allowed'],
    ...shown.map(changeRow),
  ])
  return [
    ...wrap(titleOfComparison(compared)).map((line) => paint.bold(paint[colours[verdict]](line))),
    paint.dim(`    ${header}`),
    ...rows.map((row, at) => `  ${paint[colours[shown[at]!.verdict]](marks[shown[at]!.verdict])} ${row}`),
    ...(changes.length > mostFigures ? [paint.dim(`    … and ${changes.length - mostFigures} more`)] : []),
    ...others.slice(0, mostReasons).flatMap((reason) => wrap(reason, '  ')),
    ...describeNoise(compared),
    ...describeSides(compared),
  ].join('\n')
}

/** The verdict in a sentence. */
export function titleOfComparison({ verdict, reasons, changes }: ComparisonVerdict): string {
  return `${titles[verdict]}: ${reasons[0] ?? `${changes.length} figures`}`
}

/** A change in words: what, base, head, change, the interval that the true change lies in, what is allowed. */
export function changeRow({ indicator, base, head, change, low, high, allowed }: Change): string[] {
  const range = Number.isNaN(low + high) || high === Infinity ? '-' : `${formatChange(low)} … ${formatChange(high)}`
  const [from, to] = [base, head].map((value) => formatFigure(indicator, value))
  return [indicator, from!, to!, formatChange(change), range, formatAllowed(allowed)]
}

/** The base against itself in the same run: what less than this is cannot be seen here. */
function describeNoise({ noise }: Compared): string[] {
  const known = noise.filter(({ low, high }) => Number.isFinite(low + high) && low > -1)
  const parts = known.map(({ indicator, low, high }) => `${indicator} ${formatChange(low)} … ${formatChange(high)}`)
  return parts.length === 0 ? [] : wrap(`base against itself (A/A): ${parts.join(', ')}`, '  ')
}

function describeSides({ base, head }: Compared): string[] {
  return Object.entries({ base, head }).flatMap(([name, { options, pings, duration, startedAt, errors }]) => {
    const url = typeof options['url'] === 'string' ? `${printable(options['url'])}, ` : ''
    const when = base.startedAt === head.startedAt ? '' : `, ${startedAt}`
    const faults = describeFaults(errors).slice(0, mostFaults)
    const side = `${name}: ${url}${formatCount(pings.answered)} pings answered in ${formatDuration(duration)}${when}`
    return [...wrap(side, '  '), ...faults.flatMap((fault) => wrap(fault, '    '))]
  })
}
