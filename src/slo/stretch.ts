import { LatencySummary } from '../result/latency-summary.ts'
import type { LoadResult, PingTotals } from '../result/load-result.ts'
import type { ObjectiveVerdict } from './verdict.ts'

/** Stretches begin this many times as often as one is long. */
const overlap = 10
const urgency = ['pass', 'inconclusive', 'fail'] as const

/**
 * The verdict on the worst stretch of a run: a fail before an inconclusive one before a pass, then the one that is nearest
 * to its limit or furthest beyond.
 * @param length of each stretch in milliseconds
 * @param judge is given a stretch as a result of its own, and how many do not overlap
 * @returns `undefined` if no stretch of that length fits into the run
 */
export function worstStretch(
  result: LoadResult,
  length: number,
  judge: (part: LoadResult, parts: number) => ObjectiveVerdict,
): ObjectiveVerdict | undefined {
  const { slices } = result
  const count = Math.round(length / slices.length)
  const whole = Math.floor(result.duration / slices.length + 1e-6)
  const last = whole - count
  if (last < 0 || count === 0) return undefined
  const step = Math.max(1, Math.floor(count / overlap))
  const starts = Array.from({ length: Math.ceil(last / step) + 1 }, (_, nth) => Math.min(nth * step, last))
  const verdicts = starts.map((first) => judge(partOf(result, first, count), Math.ceil(whole / count)))
  return verdicts.reduce((worst, one) => (isWorse(one, worst) ? one : worst))
}

function isWorse(one: ObjectiveVerdict, other: ObjectiveVerdict): boolean {
  const difference = urgency.indexOf(one.verdict) - urgency.indexOf(other.verdict)
  return difference === 0 ? one.excess > other.excess : difference > 0
}

function partOf(result: LoadResult, first: number, count: number): LoadResult {
  const slices = result.slices.stretch(first, count)
  const { ceilings, floors } = slices.histograms()
  const latency = new LatencySummary(ceilings, floors)
  const duration = count * slices.length
  const total = (kind: Parameters<typeof slices.pings>[0]) => slices.pings(kind).reduce((sum, value) => sum + value, 0)
  const [sent, dropped] = [total('sent'), total('dropped')]
  const pings: PingTotals = {
    due: sent + dropped,
    sent,
    answered: total('answered'),
    coalesced: total('coalesced'),
    timedOut: total('timedOut'),
    lost: total('lost'),
    dropped,
  }
  return {
    ...result,
    slices,
    latency,
    latencyFloor: new LatencySummary(floors),
    serviceTime: result.serviceTime === result.latency ? latency : result.serviceTime,
    duration,
    pings,
    connections: { ...result.connections, requested: 0, failed: 0 },
    throughput: (pings.answered * 1_000) / duration,
    offeredRate: (pings.sent * 1_000) / duration,
    errorRate: (pings.dropped + pings.timedOut + pings.lost) / pings.due,
  }
}
