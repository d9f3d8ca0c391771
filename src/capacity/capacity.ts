import type { LoadResult } from '../result/load-result.ts'
import type { SearchFindings } from './findings.ts'
import { type CapacityLimit, limitOf } from './limit.ts'
import { formatLoads } from './load.ts'
import { explainCapacity } from './reasons.ts'
import { intervalOf } from './search.ts'
import { triedLoad } from './step.ts'

/** The highest load under which a server keeps an SLO. */
export interface CapacityResult<Result extends LoadResult = LoadResult> extends Omit<
  SearchFindings<Result>,
  'fixedConnections'
> {
  /**
   * Pings per second at the capacity: half way between `low` and `high` on a logarithmic scale where the rate was varied, `low` where
   * nothing is known above; 0 if no load of the range was surely kept.
   */
  readonly rate: number
  /** Connections at the capacity, likewise. */
  readonly connections: number
  /** The highest load that was surely kept; 0 if there is none. */
  readonly low: number
  /** The lowest load that was surely missed; Infinity if there is none. */
  readonly high: number
  readonly limitedBy: CapacityLimit
  /** What there is to say of the search: what limited it, that the server was not always the same. */
  readonly reasons: readonly string[]
}

/** What a search has found. */
export function capacityOf<Result extends LoadResult>(search: SearchFindings<Result>): CapacityResult<Result> {
  const { fixedConnections = 0, ...rest } = search
  const tried = search.steps.map((step) => triedLoad(step, search.over))
  const { low, high } = intervalOf(tried)
  const middle = high === Infinity ? low : Math.sqrt(low * high)
  const load = search.over === 'connections' ? Math.round(middle) : middle
  const limitedBy = limitOf(search, tried)
  return {
    ...rest,
    rate: search.over === 'rate' ? load : load * (search.ratePerConnection ?? 0),
    connections: search.over === 'rate' ? fixedConnections : load,
    low,
    high,
    limitedBy,
    reasons: explainCapacity(search, { low, high, limitedBy }),
  }
}

/** Between which loads a capacity lies, in words. */
export function formatEnds({ over, low, high }: Pick<CapacityResult, 'over' | 'low' | 'high'>): string {
  const [kept, missed] = formatLoads(over, [low, high])
  if (low === 0) return high < Infinity ? `below ${missed}` : 'unknown'
  return high < Infinity ? `${kept} … ${missed}` : `at least ${kept}`
}
