import { maskerOf } from '../secrets.ts'
import type { ProbeSpec } from '../wire/probe-spec.ts'
import type { Segment } from './schedule.ts'
import type { TurnsPlan } from './turns.ts'

/** What one load thread has to do: its share of the run, as data that can be cloned to it. Times in milliseconds. */
export interface ThreadPlan {
  readonly url: string
  /** Number of this thread's first connection in the run. */
  readonly firstConnection: number
  readonly connections: number
  /** Connections of the run over all threads. */
  readonly allConnections: number
  /** Of the run, see `ProbeContext`. */
  readonly tag: number
  /** Connections to open per second. */
  readonly connectRate: number
  readonly warmup: number
  /** From the start to the measured window: `warmup`, and that of the others it takes turns with. */
  readonly measuredAfter: number
  /** How it takes turns with other floods; `undefined` if it runs alone. Its `duration` then is the length of its turns. */
  readonly turns: TurnsPlan | undefined
  /** Length of the measured window, Infinity when `pings` ends it. */
  readonly duration: number
  /** Whether the measured window may end at any time, because the run is decided. */
  readonly decidable: boolean
  readonly pings: number
  readonly drain: number
  readonly timeout: number
  readonly connectTimeout: number
  /** `undefined` of probes without sessions. */
  readonly sessionTimeout: number | undefined
  /** Sessions to begin per second. */
  readonly sessionRate: number
  /** `undefined` where a connection that has ended stays away. */
  readonly reconnect: ReconnectPlan | undefined
  readonly inFlight: number
  /** Control-frame pings that a connection leaves unanswered at most; `undefined` of other probes. */
  readonly maxPendingPongs: number | undefined
  /** The open model's schedule, warm-up included; `undefined` in the closed model. */
  readonly open: OpenPlan | undefined
  readonly probe: ProbeSpec
  /** `undefined` where each connection receives the answers to its own pings. */
  readonly fanOut: FanOutPlan | undefined
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly protocols: readonly string[]
  /** What `tls.connect` is given besides the address. */
  readonly tls: object
  readonly perMessageDeflate: boolean
  readonly localAddresses: readonly string[]
  /** Memory of a `Presence`, which the threads of a process share. */
  readonly presence?: SharedArrayBuffer
}

/** Masks what the server is asked with, and what the functions of the probe are given, which a server may repeat. */
export function maskerOfPlan(plan: ThreadPlan): (text: string) => string {
  const { probe } = plan
  return maskerOf({ ...plan, data: 'data' in probe ? probe.data : undefined })
}

/** How connections that have ended early are opened again. */
export interface ReconnectPlan {
  /** How often each at most; Infinity if always. */
  readonly max: number
  /** How long to wait before the first attempt, in milliseconds; twice as long after each that fails. */
  readonly backoff: number
}

/** A thread's part of the open model. */
export interface OpenPlan {
  readonly segments: readonly Segment[]
  readonly arrivals: 'constant' | 'poisson'
  /** Where this thread's points lie between those of the others, 0 to 1. */
  readonly offset: number
  readonly seed: number
}

/**
 * A thread's part of a fan-out: its first connections are publishers, the others subscribers. The threads of one process time what its
 * own publishers publish and its own subscribers receive.
 */
export interface FanOutPlan extends MachineShare {
  readonly rooms: number
  /** Number of this thread in its process, from 0. */
  readonly thread: number
  /** How many of them each thread of the process has. */
  readonly publishers: readonly number[]
  readonly subscribers: readonly number[]
  /** Messages that a publisher may have under way, a power of two. */
  readonly capacity: number
  /** Of the `MessageTable` that the threads of a process share, in which it is allocated. */
  readonly memory?: SharedArrayBuffer
}

/** Which part of a fan-out the process of a thread has. */
export interface MachineShare {
  /** Number of the process, from 0, and how many there are. */
  readonly machine: number
  readonly machines: number
  /** Numbers in the run of its first publisher and of its first subscriber. */
  readonly firstPublisher: number
  readonly firstSubscriber: number
  /** Publishers of each of them: their numbers in the run go on from one to the next. */
  readonly publishersOfMachines: readonly number[]
}
