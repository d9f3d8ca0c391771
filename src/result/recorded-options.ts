import * as v from 'valibot'
import { defaults } from '../defaults.ts'

/**
 * The options of a run after defaults, as plain data: milliseconds and per second, secrets masked. What a run did not
 * have is missing, and so is what a file of another version does not tell.
 */
export interface RecordedOptions {
  /** With user, password and the values in its query masked. */
  readonly url?: string | undefined
  readonly connections?: number | undefined
  readonly duration?: number | undefined
  readonly pings?: number | undefined
  /** The SLO that ended the run, as it was written. */
  readonly until?: unknown
  readonly maxDuration?: number | undefined
  readonly confidence: number
  readonly warmup?: number | undefined
  readonly drain?: number | undefined
  /** Closed model. */
  readonly inFlight?: number | undefined
  /** Of control-frame pings. */
  readonly maxPendingPongs?: number | undefined
  /** Open model: a constant rate, or the one that `stages` start from. */
  readonly rate?: number | undefined
  readonly arrivals?: 'constant' | 'poisson' | undefined
  readonly stages?: readonly { readonly duration: number; readonly rate: number }[] | undefined
  readonly connectRate?: number | undefined
  /** In words: `ping`, `text "PING"`, `binary, sha256 4bf5122f3445`, `functions`, `module`, `protocol json-rpc.js, method "search"`. */
  readonly probe?: string | undefined
  readonly payloadBytes?: number | undefined
  readonly timeout: number
  readonly connectTimeout?: number | undefined
  /** Of protocols. */
  readonly sessionTimeout?: number | undefined
  readonly sessionRate?: number | undefined
  /** Without `max`: as often as it takes. */
  readonly reconnect?: { readonly max?: number | undefined; readonly backoff: number } | undefined
  /** Names; their values are masked. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly protocols?: readonly string[] | undefined
  readonly tls?: Readonly<Record<string, unknown>> | undefined
  readonly perMessageDeflate?: boolean | undefined
  readonly localAddresses?: readonly string[] | undefined
  readonly threads?: number | 'auto' | undefined
  readonly seed?: number | undefined
  readonly server?: 'auto' | false | { readonly pid: number } | { readonly cgroup: string } | undefined
  /** Of agents that generated the load. */
  readonly machines?: { readonly agents: number; readonly group: string } | undefined
  /** Of a run of `wsLoad.fanOut()`. */
  readonly fanOut?: { readonly subscribers: number; readonly publishers: number; readonly rooms: number } | undefined
}

const number = ifReadable(v.number())

/** Of options that any version of this package wrote: what this one cannot read is left out, unless verdicts need it. */
export const recordedOptionsSchema = v.looseObject({
  url: ifReadable(v.string()),
  connections: number,
  duration: number,
  pings: number,
  until: v.optional(v.unknown()),
  maxDuration: number,
  confidence: v.optional(v.pipe(v.number(), v.gtValue(0.5), v.ltValue(1)), defaults.confidence),
  warmup: number,
  drain: number,
  inFlight: number,
  maxPendingPongs: number,
  rate: number,
  arrivals: ifReadable(v.picklist(['constant', 'poisson'])),
  stages: ifReadable(v.array(v.object({ duration: v.number(), rate: v.number() }))),
  connectRate: number,
  probe: ifReadable(v.string()),
  payloadBytes: number,
  timeout: v.optional(v.pipe(v.number(), v.minValue(0)), defaults.timeout),
  connectTimeout: number,
  sessionTimeout: number,
  sessionRate: number,
  reconnect: ifReadable(v.object({ max: v.optional(v.number()), backoff: v.number() })),
  headers: ifReadable(v.record(v.string(), v.string())),
  protocols: ifReadable(v.array(v.string())),
  tls: ifReadable(v.record(v.string(), v.unknown())),
  perMessageDeflate: ifReadable(v.boolean()),
  localAddresses: ifReadable(v.array(v.string())),
  threads: ifReadable(v.union([v.number(), v.literal('auto')])),
  seed: number,
  server: ifReadable(
    v.union([v.literal('auto'), v.literal(false), v.object({ pid: v.number() }), v.object({ cgroup: v.string() })]),
  ),
  machines: ifReadable(v.object({ agents: v.number(), group: v.string() })),
  fanOut: ifReadable(v.object({ subscribers: v.number(), publishers: v.number(), rooms: v.number() })),
}) satisfies v.GenericSchema<unknown, RecordedOptions>

function ifReadable<Schema extends v.GenericSchema>(schema: Schema) {
  return v.fallback(v.optional(schema), undefined)
}
