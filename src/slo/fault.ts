import type { Fault, LoadResult } from '../result/load-result.ts'
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
