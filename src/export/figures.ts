import { shownEnds } from '../slo/bracket.ts'
import { findIndicator, type IndicatorReader, observedBy } from '../slo/indicator.ts'
import { observeRun } from '../slo/observation.ts'
import { isTold } from '../slo/reading.ts'
import type { ExportedCapacity, NamedRun } from './named-run.ts'

/** A figure of a run as other tools keep it: milliseconds, ratios from 0 to 1, per second, a count, bytes or processors. */
export interface Figure extends Pick<IndicatorReader, 'kind' | 'better'> {
  /** As an SLO has it: `p99`, `completion.p50`, `errorRate`; `capacity` of a search for one. */
  readonly indicator: string
  readonly value: number
  /** Between which values it lies, where the generator could not see more. */
  readonly low: number
  readonly high: number
}

const ofServers = ['server.cpuPerPing', 'server.cores', 'server.rss']
const ofPings = ['p50', 'p90', 'p99', 'p99.9', 'max', 'errorRate', 'connectErrorRate', 'throughput', ...ofServers]
const latenciesOfFanOuts = ['delivery', 'completion'].flatMap((of) => ['p50', 'p90', 'p99'].map((p) => `${of}.${p}`))
const countsOfFanOuts = ['reach', 'duplicates', 'outOfOrder', 'misrouted', 'refused']
const ofFanOuts = [
  ...latenciesOfFanOuts,
  ...countsOfFanOuts,
  'errorRate',
  'connectErrorRate',
  'throughput',
  ...ofServers,
]

/**
 * The figures of a run that was measured; without those that nothing tells. A percentile among pings without an answer is as
 * slow as their timeout at least, and other tools know no infinity: it is given as that, or as the slowest answer.
 */
export function figuresOf({ result, capacity }: Pick<NamedRun, 'result' | 'capacity'>): Figure[] {
  const run = observeRun(result)
  const slowest = Math.max(result.options.timeout, result.latency.count > 0 ? result.latency.max : 0)
  const ofRun = (result.fanOut === undefined ? ofPings : ofFanOuts).flatMap((indicator): Figure[] => {
    const reader = findIndicator(indicator)!
    const { kind, better, statistic } = reader
    const observed = observedBy(run, reader)!
    const isTooHigh = statistic.type === 'percentile' && !isTold(observed, statistic.percentile)
    const reading = reader.read(observed)
    const isOfNothing = kind === 'count' && run.fanOut?.completion.pings.sent === 0
    if (isTooHigh || isOfNothing || Number.isNaN(reading.measured)) return []
    const finite = (value: number): number => (value === Infinity && kind === 'duration' ? slowest : value)
    const value = finite(reading.measured)
    const { low, high } = shownEnds(reading)
    const ends = finite(high) === Infinity ? { low: value, high: value } : { low: finite(low), high: finite(high) }
    return [{ indicator, kind, better, value, ...ends }]
  })
  return capacity === undefined || capacity.low === 0 ? ofRun : [...ofRun, figureOfCapacity(capacity)]
}

/** What was surely kept, if anything was; the true capacity is no lower, and below what was surely missed. */
function figureOfCapacity({ over, low, high }: ExportedCapacity): Figure {
  const kind = over === 'rate' ? 'rate' : 'count'
  return { indicator: 'capacity', kind, better: 'higher', value: low, low, high: high === Infinity ? low : high }
}
