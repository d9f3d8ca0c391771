import { type ComparisonVerdict, formatAllowed } from '../gate/comparison.ts'
import type { SLOVerdict } from '../slo/verdict.ts'
import type { LatencySummary } from '../result/latency-summary.ts'
import type { LoadResult } from '../result/load-result.ts'
import { plainFields } from '../result/json.ts'

/** What an assertion found out about a flood. */
export interface RecordedVerdict {
  readonly verdict: SLOVerdict['verdict'] | ComparisonVerdict['verdict']
  /** Every limit, what decided the verdict first: `p99 < 20ms`; of a comparison `p99 +20 %`. */
  readonly limits: readonly string[]
}

type RecordedLatency = { readonly [figure in Exclude<keyof LatencySummary, 'histogram' | 'floors'>]: number | null }

/**
 * A flood in plain JSON, as a test's `meta.wsLoad` lists it: milliseconds, per second, ratios from 0 to 1, as in
 * `LoadSummary`; `null` where nothing was measured.
 */
export interface FloodRecord extends Pick<
  LoadResult,
  'ended' | 'duration' | 'throughput' | 'offeredRate' | 'errorRate' | 'pings' | 'connections'
> {
  /** `base` and `head` of a comparison, a benchmark's name. */
  readonly name?: string
  /** Which attempt at the test, from 1. */
  readonly attempt: number
  readonly url: string
  readonly latency: RecordedLatency
  /** How many of each kind, by code. */
  readonly errors: Readonly<Record<string, number>>
  readonly saturated: boolean
  /** Of `toMeetSLO`, `toShowNoRegression` and `toMatchBaseline`, in the order they were asked. */
  readonly verdicts: RecordedVerdict[]
}

/** What is kept of a flood beside its test. */
export function recordOf(result: LoadResult, attempt: number, name?: string): FloodRecord {
  const { ended, duration, throughput, offeredRate, errorRate, pings, connections, latency, errors, options } = result
  return {
    ...(name !== undefined && { name }),
    attempt,
    url: String(options['url']),
    ...plainFields({ ended, duration, throughput, offeredRate, errorRate, pings, connections }),
    latency: plainFields(latency),
    errors: Object.fromEntries(Object.entries(errors).map(([code, { count }]) => [code, count])),
    saturated: result.generator.saturated,
    verdicts: [] as RecordedVerdict[],
  } as FloodRecord
}

/** An SLO's verdict, its deciding objective first. */
export function recordedSLO({ verdict, objectives }: SLOVerdict): RecordedVerdict {
  const decisive = (one: SLOVerdict['objectives'][number]): number =>
    Number(one.level === 'fail' && one.verdict === verdict)
  const sorted = objectives.toSorted((one, other) => decisive(other) - decisive(one))
  return {
    verdict,
    limits: sorted.map(({ indicator, bound, level }) => `${level === 'warn' ? 'warn: ' : ''}${indicator} ${bound}`),
  }
}

/** A comparison's verdict, its deciding figure first. */
export function recordedComparison({
  verdict,
  changes,
}: Pick<ComparisonVerdict, 'verdict' | 'changes'>): RecordedVerdict {
  const sorted = changes.toSorted((one, other) => Number(other.verdict === verdict) - Number(one.verdict === verdict))
  return { verdict, limits: sorted.map(({ indicator, allowed }) => `${indicator} +${formatAllowed(allowed)}`) }
}
