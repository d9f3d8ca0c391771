import type { ConnectionTotals, Fault, LoadResult } from '../result/load-result.ts'
import { formatCount } from '../units.ts'
import { printable } from '../printable.ts'

/** The faults of a run in words, most frequent first: `ECONNREFUSED × 10 (connect ECONNREFUSED 127.0.0.1:3001)`. */
export function describeFaults(errors: LoadResult['errors']): string[] {
  return Object.entries(errors)
    .toSorted(([, one], [, other]) => other.count - one.count)
    .map(([code, fault]) => describeFault(code, fault))
}

function describeFault(code: string, { count, samples: [sample = ''] }: Fault): string {
  const detail = printable(sample)
  return `${printable(code)} × ${formatCount(count)}${detail === '' ? '' : ` (${detail})`}`
}

/** How many connections ended early, or how often if they were opened again. */
export function describeEarlyEnds({ requested, closedEarly, reconnects }: ConnectionTotals): string {
  return reconnects === 0
    ? `${formatCount(closedEarly)} of ${formatCount(requested)} connections ended before the run did`
    : `${formatCount(requested)} connections ended ${formatCount(closedEarly)} times before the run did`
}
