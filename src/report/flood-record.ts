import type { CapacityResult } from '../capacity/capacity.ts'
import { formatLoad } from '../capacity/load.ts'
import type { CapacityVerdict } from '../capacity/compare.ts'
import type { SustainVerdict } from '../capacity/sustain.ts'
import { type Change, type ChangeVerdict, formatAllowed } from '../gate/comparison.ts'
import { type LatencyFigures, type PlainFields, plainFields } from '../result/json.ts'
import { reachOf } from '../result/error-rate.ts'
import type { FanOutResult, LoadResult, PingTotals } from '../result/load-result.ts'
import { type FanOutObservation, type Observation, observeRun } from '../slo/observation.ts'
import { readPercentile } from '../slo/reading.ts'
import type { ObjectiveVerdict, SLOVerdict, Verdict } from '../slo/verdict.ts'
import { type ComparedCapacities, formatLoss } from './capacity.ts'
import type { Compared } from './comparison.ts'
import { outcomes } from './outcome.ts'
import { isWarning } from './verdict.ts'
import {
  reportCapacityComparison,
  reportComparison,
  reportLoad,
  reportSLO,
  type VerdictReport,
} from './verdict-report.ts'

/** An objective, and how it was judged. */
type RecordedObjective = Pick<ObjectiveVerdict, 'indicator' | 'kind' | 'bound' | 'limit' | 'level' | 'verdict'>

interface RecordedLimits {
  /** Every limit in words, what decided the verdict first: `p99 < 20ms`; of a comparison `p99 +20 %`, `capacity -20 %`. */
  readonly limits: readonly string[]
  /** Where the time went, in words, as far as that is known of a flood that was slow or is undecided. */
  readonly bottlenecks: readonly string[]
  readonly report: VerdictReport
}

/** What an assertion found out about a flood against an SLO; what decided it first. */
interface RecordedSLO extends RecordedLimits {
  readonly type: 'slo'
  readonly verdict: Verdict
  /** That the run does not speak of the objectives at all. */
  readonly vacuous?: true
  readonly objectives: readonly RecordedObjective[]
  /** Of the verdict, 0.5 to 1. */
  readonly confidence: number
}

/** What an assertion found out about a flood against another one; what decided it first. */
interface RecordedComparison extends RecordedLimits {
  readonly type: 'comparison'
  readonly verdict: ChangeVerdict
  /** That the two floods, or what there is of them, cannot be compared. */
  readonly doubtful?: true
  readonly changes: readonly PlainFields<Change>[]
}

/** What an assertion found out about a capacity against another one. */
interface RecordedCapacityComparison
  extends RecordedLimits, PlainFields<Pick<CapacityVerdict, 'change' | 'low' | 'high' | 'tolerance'>> {
  readonly type: 'capacity comparison'
  readonly verdict: ChangeVerdict
}

/** What an assertion found out about a load that a server had to sustain. */
interface RecordedLoad extends RecordedLimits {
  readonly type: 'load'
  readonly verdict: Verdict
  /** Pings per second, or connections. */
  readonly load: number
}

export type RecordedVerdict = RecordedSLO | RecordedComparison | RecordedCapacityComparison | RecordedLoad

/** Which side of a `wsLoad.compare()` or a `wsLoad.compareCapacity()` a flood was, or stands for. */
interface RecordedSide {
  readonly side: 'base' | 'head'
  /** Which of the test's `meta.wsLoad` is the other side; `null` where no flood stands for a capacity. */
  readonly other: number | null
}

/** Between which loads a capacity lies. */
interface RecordedCapacity extends Pick<CapacityResult, 'over' | 'low'> {
  /** `null` where no load was surely missed. */
  readonly high: number | null
  /** That its search ended before it found what limits it. */
  readonly unfinished?: true
}

/** What became of the messages of a fan-out. */
interface RecordedFanOut extends Pick<FanOutResult, 'duplicates' | 'outOfOrder' | 'misrouted' | 'refused'> {
  /** Messages; those that reached everybody are `answered`. */
  readonly published: PingTotals
  readonly reach: number | null
  /** Until the last subscriber had a message; one that anybody missed is infinitely slow: `null`. */
  readonly completion: PlainFields<Readonly<Record<'p50' | 'p99' | 'max', number>>>
}

/**
 * A flood in plain JSON, as a test's `meta.wsLoad` lists it: milliseconds, per second, ratios from 0 to 1, as in
 * `LoadSummary`; `null` where nothing was measured.
 */
export interface FloodRecord
  extends
    Pick<LoadResult, 'ended' | 'duration' | 'pings' | 'messages' | 'connections'>,
    PlainFields<Pick<LoadResult, 'throughput' | 'offeredRate' | 'errorRate' | 'connectErrorRate'>> {
  /** `base` and `head` of a comparison, a benchmark's name, a capacity in words, or both: `base, capacity at least 100/s`. */
  readonly name?: string
  readonly comparison?: RecordedSide
  /** Of a search for a capacity, of which this is the flood at the highest load that was kept, or the last one. */
  readonly capacity?: RecordedCapacity
  /** Which attempt at the test, from 1. */
  readonly attempt: number
  readonly url: string
  /** That nothing named a server, so that the embedded one was flooded. */
  readonly embedded?: true
  /** Of the answered and the coalesced pings. */
  readonly latency: PlainFields<LatencyFigures>
  /** The response times that verdicts measure, in which a ping without an answer is infinitely slow: `null`. */
  readonly responseTime: PlainFields<Readonly<Record<'p50' | 'p99' | 'max', number>>>
  /** Of a fan-out, whose `pings` and latencies are those of deliveries. */
  readonly fanOut?: RecordedFanOut
  /** How many of each kind, by code. */
  readonly errors: Readonly<Record<string, number>>
  readonly saturated: boolean
  /** How many other floods ran on the machine at the same time. */
  readonly otherFloods: number
  /** Of `toMeetSLO`, `toShowNoRegression`, `toSustain` and `toMatchBaseline`, in the order they were asked. */
  readonly verdicts: RecordedVerdict[]
}

/** What a flood's result does not say of itself. */
export type FloodContext = Pick<FloodRecord, 'attempt' | 'embedded' | 'name' | 'comparison' | 'capacity'>

/** What is kept of a flood beside its test. */
export function recordOf(
  result: LoadResult,
  { attempt, embedded, name, comparison, capacity }: FloodContext,
): FloodRecord {
  const { ended, duration, throughput, offeredRate, errorRate, connectErrorRate, pings, messages, connections } = result
  const run = observeRun(result)
  return {
    ...(name !== undefined && { name }),
    ...(comparison !== undefined && { comparison }),
    ...(capacity !== undefined && { capacity }),
    attempt,
    url: String(result.options.url),
    ...(embedded !== undefined && { embedded }),
    ended,
    duration,
    ...plainFields({ throughput, offeredRate, errorRate, connectErrorRate }),
    pings,
    messages,
    connections,
    latency: plainFields(result.latency),
    responseTime: responseTimes(run),
    ...(result.fanOut !== undefined && { fanOut: recordFanOut(result.fanOut, result, run.fanOut!) }),
    errors: Object.fromEntries(Object.entries(result.errors).map(([code, { count }]) => [code, count])),
    saturated: result.generator.saturated,
    otherFloods: result.environment.otherFloods,
    verdicts: [],
  }
}

function recordFanOut(
  { completion, duplicates, outOfOrder, misrouted, refused }: FanOutResult,
  { pings }: LoadResult,
  observed: FanOutObservation,
): RecordedFanOut {
  return {
    published: completion.pings,
    ...plainFields({ reach: reachOf(pings) }),
    completion: responseTimes(observed.completion),
    duplicates,
    outOfOrder,
    misrouted,
    refused,
  }
}

function responseTimes(run: Observation): FloodRecord['responseTime'] {
  const measured = (percentile: number): number => readPercentile(run, 'latency', percentile).measured
  return plainFields({ p50: measured(50), p99: measured(99), max: measured(100) })
}

/** An SLO's verdict. */
export function recordedSLO(judged: SLOVerdict): RecordedSLO {
  const { verdict, vacuous, bottleneck, confidence } = judged
  const warned = judged.objectives.filter(isWarning)
  const objectives = decisiveFirst(judged.objectives, (objective) =>
    verdict === 'pass' && warned.length > 0
      ? isWarning(objective)
      : objective.level === 'fail' && objective.verdict === verdict,
  )
  return {
    type: 'slo',
    verdict,
    ...(vacuous && { vacuous }),
    limits: objectives.map(({ indicator, bound, level }) => `${level === 'warn' ? 'warn: ' : ''}${indicator} ${bound}`),
    objectives: objectives.map(({ indicator, kind, bound, limit, level, verdict: outcome }) => {
      return { indicator, kind, bound, limit, level, verdict: outcome }
    }),
    bottlenecks: bottleneck === undefined ? [] : [bottleneck],
    report: reportSLO({ ...judged, objectives }),
    confidence,
  }
}

/** A comparison's verdict. */
export function recordedComparison(compared: Compared): RecordedComparison {
  const { verdict, doubtful, bottlenecks } = compared
  const changes = decisiveFirst(compared.changes, (change) => change.verdict === verdict)
  return {
    type: 'comparison',
    verdict,
    ...(doubtful && { doubtful }),
    limits: changes.map((change) => `${change.indicator} +${formatAllowed(change)}`),
    changes: changes.map((change) => plainFields(change)),
    bottlenecks,
    report: reportComparison({ ...compared, changes }),
  }
}

/** The verdict on a flood, or a capacity, that there is nothing to compare with. */
export function recordedWithoutBase(
  type: 'comparison' | 'capacity comparison',
  why: string,
): RecordedComparison | RecordedCapacityComparison {
  const verdict = 'unclear'
  const report = { title: `${outcomes[verdict].title}: ${why}`, reasons: [], head: [], rows: [], remarks: [] }
  const recorded = { verdict, limits: [], bottlenecks: [], report } as const
  return type === 'comparison'
    ? { type, ...recorded, doubtful: true, changes: [] }
    : { type, ...recorded, change: null, low: null, high: null, tolerance: null }
}

/** The verdict on two capacities. */
export function recordedCapacityComparison(compared: ComparedCapacities): RecordedCapacityComparison {
  const { verdict, change, low, high, tolerance } = compared
  return {
    type: 'capacity comparison',
    verdict,
    limits: [`capacity ${formatLoss(compared)}`],
    ...plainFields({ change, low, high, tolerance }),
    bottlenecks: [],
    report: reportCapacityComparison(compared),
  }
}

/** The verdict on a load to sustain. */
export function recordedLoad(
  { over, reasons }: Pick<CapacityResult, 'over' | 'reasons'>,
  judged: SustainVerdict,
): RecordedLoad {
  const { verdict, load } = judged
  const limits = [`>= ${formatLoad(over, load)}`]
  return { type: 'load', verdict, load, limits, bottlenecks: [], report: reportLoad(judged, reasons) }
}

/** What decided first, the rest in its order. */
function decisiveFirst<Item>(items: readonly Item[], isDecisive: (item: Item) => boolean): Item[] {
  return items.toSorted((one, other) => Number(isDecisive(other)) - Number(isDecisive(one)))
}
