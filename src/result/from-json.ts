import * as v from 'valibot'
import { WsLoadError } from '../errors.ts'
import { isObject } from '../parsed.ts'
import { show } from '../wording.ts'
import { connectErrorRate, errorRate } from './error-rate.ts'
import { fromBase64 } from './hdr.ts'
import { Histogram } from './histogram.ts'
import { LatencySummary } from './latency-summary.ts'
import type { LatencyFigures, SummaryJSON } from './json.ts'
import type { LoadResult, MessageTimes } from './load-result.ts'
import { type RecordedOptions, recordedOptionsSchema } from './recorded-options.ts'
import { Slices } from './slices.ts'
import { decodeSlices } from './slices-codec.ts'

const finite = v.number()
/** `null` is a number that was not finite. */
const finiteOrNull = v.pipe(
  v.nullable(v.number()),
  v.transform((value) => value ?? NaN),
)
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const milliseconds = v.pipe(v.number(), v.minValue(0))
/** Missing in files of versions that did not count it. */
const laterCount = v.optional(
  v.pipe(
    v.nullable(count),
    v.transform((value) => value ?? NaN),
  ),
  null,
)
/** What a file says of an error rate or of a latency is read anew from its counts and histograms; it only has to be there. */
const figures = {
  count,
  min: finiteOrNull,
  max: finiteOrNull,
  mean: finiteOrNull,
  stddev: finiteOrNull,
  p50: finiteOrNull,
  p75: finiteOrNull,
  p90: finiteOrNull,
  p95: finiteOrNull,
  p99: finiteOrNull,
  p99_9: finiteOrNull,
  p99_99: finiteOrNull,
  overRange: count,
} satisfies Readonly<Record<keyof LatencyFigures, v.GenericSchema>>
const latency = v.pipe(
  v.object({ ...figures, histogram: v.string(), floors: v.optional(v.string()) }),
  v.transform(({ histogram, floors, overRange }) => {
    const ceilings = fromBase64(histogram, overRange)
    return new LatencySummary(ceilings, floors === undefined ? ceilings : fromBase64(floors, overRange))
  }),
)

const pings = v.object({
  due: count,
  sent: count,
  answered: count,
  coalesced: count,
  timedOut: count,
  lost: count,
  dropped: count,
})
const ofServer = { cores: finiteOrNull, waiting: v.optional(finite), throttled: v.optional(finite) }
const serverUse = { ...ofServer, cpuPerPing: v.optional(finite), rss: finite }
const machineUse = {
  busy: finite,
  generator: v.optional(finite),
  foreign: v.optional(finite),
  steal: v.optional(finite),
  throttled: v.optional(finite),
  pressure: v.optional(v.object({ cpu: v.optional(finite), memory: v.optional(finite), io: v.optional(finite) })),
}
const intervals = v.array(
  v.object({
    start: finite,
    duration: finite,
    sent: count,
    answered: count,
    timedOut: count,
    lost: count,
    dropped: count,
    throughput: finiteOrNull,
    p50: finiteOrNull,
    p99: finiteOrNull,
    max: finiteOrNull,
    server: v.optional(v.object(serverUse)),
    machine: v.optional(v.object(machineUse)),
  }),
)
const generator = {
  resolution: v.object({ p50: finiteOrNull, p99: finiteOrNull }),
  heldBack: v.optional(count, 0),
  eventLoopUtilization: finiteOrNull,
  cpuPerPing: finiteOrNull,
  gcPauses: v.object({ count, total: finite, max: finite }),
  starvation: v.optional(
    v.object({
      throttled: v.optional(finite),
      waiting: v.optional(finite),
      memoryStall: v.optional(finite),
      stopped: finite,
    }),
  ),
  afterSilence: v.optional(
    v.object({
      timedOut: count,
      lost: count,
      dropped: count,
      failed: count,
      closedEarly: count,
      failedReconnects: v.optional(count, 0),
    }),
  ),
  threads: count,
  saturated: v.boolean(),
  reasons: v.array(v.string()),
}
const environment = v.object({
  node: v.string(),
  os: v.string(),
  cpu: v.string(),
  cores: count,
  version: v.string(),
  otherFloods: v.optional(count, 0),
})
const messageTimes = v.object({ latency, latencyFloor: latency, pings, intervals, slices: v.string() })

/** Of a run that was written by any version of this package until now; published as JSON Schema. */
export const summarySchema = v.object({
  schemaVersion: v.literal(1),
  ended: v.picklist(['completed', 'decided', 'aborted', 'disconnected', 'stalled', 'incomplete']),
  looks: v.object({ taken: count, planned: v.pipe(count, v.minValue(1)) }),
  startedAt: v.string(),
  duration: milliseconds,
  latency,
  latencyFloor: latency,
  serviceTime: latency,
  handshake: latency,
  session: v.optional(latency),
  reconnect: v.optional(latency),
  throughput: finiteOrNull,
  offeredRate: finiteOrNull,
  pings,
  messages: v.optional(
    v.object({ received: laterCount, unsolicited: laterCount, surplus: laterCount, afterLastAnswer: laterCount }),
    {},
  ),
  pongs: v.optional(v.object({ unsolicited: laterCount }), {}),
  errors: v.record(v.string(), v.object({ count, samples: v.array(v.string()) })),
  errorRate: finiteOrNull,
  connectErrorRate: v.optional(finiteOrNull),
  connections: v.object({
    requested: count,
    opened: count,
    failed: count,
    closedEarly: count,
    failedSessions: v.optional(count, 0),
    reconnects: v.optional(count, 0),
    failedReconnects: v.optional(count, 0),
  }),
  intervals,
  fanOut: v.optional(
    v.object({
      first: messageTimes,
      completion: messageTimes,
      duplicates: count,
      outOfOrder: count,
      misrouted: count,
      refused: count,
    }),
  ),
  slices: v.string(),
  generator: v.object({ sendDelay: latency, ...generator }),
  server: v.optional(
    v.object({
      source: v.picklist(['command', 'port', 'pid', 'cgroup']),
      processes: count,
      ...ofServer,
      cpuPerPing: finiteOrNull,
      busiestThread: v.optional(finite),
      rss: v.object({ start: finite, max: finite, end: finite }),
      blocks: v.array(v.object({ start: finite, duration: finite, cpu: finite, pings: finite })),
    }),
  ),
  serverUnwatched: v.optional(v.string()),
  machine: v.optional(
    v.object({
      cores: count,
      ...machineUse,
    }),
  ),
  machines: v.optional(
    v.array(
      v.object({
        name: v.string(),
        connections: count,
        opened: v.optional(count),
        clockUncertainty: v.optional(finite),
        pings: v.optional(pings),
        p50: v.optional(finite),
        p99: v.optional(finite),
        fromOthers: v.optional(count),
        expectedFromOthers: v.optional(count),
        missedFromOthers: v.optional(count),
        generator: v.optional(v.object(generator)),
        environment,
        lost: v.optional(v.object({ at: finite, reason: v.string() })),
      }),
    ),
  ),
  environment,
  options: v.record(v.string(), v.unknown()),
} satisfies Readonly<Record<keyof SummaryJSON, v.GenericSchema>>)

/**
 * Reads what {@link toJSON} wrote.
 * @param where what an error calls it: a file's name
 * @throws {WsLoadError} `WSLOAD_ERR_UNREADABLE_SUMMARY` with the first thing that is not as expected
 */
export function fromJSON(json: unknown, where = 'fromJSON'): LoadResult {
  try {
    const parsed = v.safeParse(summarySchema, json)
    if (!parsed.success) throw new Error(otherKind(json, 'summary') ?? describeIssue(parsed.issues[0]))
    const { schemaVersion: _, slices, options, session, reconnect, fanOut, ...result } = parsed.output
    mustBalance(result)
    if (fanOut !== undefined) {
      mustBalance(fanOut.first, 'fanOut.first.')
      mustBalance(fanOut.completion, 'fanOut.completion.')
    }
    const recorded = v.safeParse(recordedOptionsSchema, options)
    if (!recorded.success) throw new Error(`options.${describeIssue(recorded.issues[0])}`)
    return {
      ...result,
      ...(isOneTime(json as WrittenTimes, recorded.output) && { serviceTime: result.latency }),
      session: session ?? new LatencySummary(new Histogram()),
      reconnect: reconnect ?? new LatencySummary(new Histogram()),
      errorRate: errorRate(result.pings),
      connectErrorRate: connectErrorRate(result.connections),
      slices: Slices.of([decodeSlices(slices)], result.duration),
      ...(fanOut !== undefined && {
        fanOut: {
          ...fanOut,
          first: withSlices(fanOut.first, result.duration),
          completion: withSlices(fanOut.completion, result.duration),
        },
      }),
      options: recorded.output,
    }
  } catch (error) {
    throw new WsLoadError('WSLOAD_ERR_UNREADABLE_SUMMARY', `${where}: no summary of wsLoad(): ${reasonOf(error)}`)
  }
}

/** As a file has them. */
interface WrittenTimes {
  readonly latency: unknown
  readonly serviceTime: unknown
}

/** Whether service times are the latencies, as in the closed model: then each stretch of a run has its own. */
function isOneTime({ latency: ofPings, serviceTime }: WrittenTimes, { rate, stages }: RecordedOptions): boolean {
  const isClosed = rate === undefined && stages === undefined
  return isClosed && JSON.stringify(ofPings) === JSON.stringify(serviceTime)
}

function withSlices(times: v.InferOutput<typeof messageTimes>, duration: number): MessageTimes {
  return { ...times, slices: Slices.of([decodeSlices(times.slices)], duration) }
}

/** @param path where they are in the file */
function mustBalance({ pings, latency }: Pick<MessageTimes, 'pings' | 'latency'>, path = ''): void {
  const { due, sent, answered, coalesced, timedOut, lost, dropped } = pings
  if (due !== sent + dropped) {
    throw new Error(`${path}pings.due: expected ${sent + dropped}, those sent and dropped, got ${due}`)
  }
  const settled = answered + coalesced + timedOut + lost
  if (sent !== settled) {
    throw new Error(
      `${path}pings.sent: expected ${settled}, those answered, coalesced, timed out and lost, got ${sent}`,
    )
  }
  const measured = answered + coalesced
  // Older versions left the coalesced ones out.
  if (latency.count !== measured && latency.count !== answered) {
    throw new Error(
      `${path}latency.histogram: expected ${measured} samples, those answered and coalesced, got ${latency.count}`,
    )
  }
}

const readers = { summary: 'LoadSummary.fromJSON', capacity: 'LoadCapacity.fromJSON' } as const

/** That a file which is not what was wanted is another one that this package wrote, and what reads it. */
export function otherKind(json: unknown, wanted: keyof typeof readers): string | undefined {
  if (!isObject(json)) return undefined
  if ('base' in json && 'head' in json) {
    return `this is a comparison; ${readers[kindOf(json.base) ?? wanted]} reads its base and its head`
  }
  const kind = kindOf(json)
  return kind === undefined || kind === wanted ? undefined : `this is a ${kind}; ${readers[kind]} reads it`
}

function kindOf(json: unknown): keyof typeof readers | undefined {
  if (!isObject(json)) return undefined
  return 'steps' in json ? 'capacity' : 'slices' in json ? 'summary' : undefined
}

/** What is not as expected in a file, and where. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue)
  if (path === null) return `expected an object, got ${show(issue.input)}`
  // Its own key is what an object expects of a field that is not there.
  if (issue.type === 'object' && issue.input === undefined) return `${path}: missing`
  return `${path}: expected ${issue.expected ?? 'something else'}, got ${show(issue.input)}`
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : show(error)
}
