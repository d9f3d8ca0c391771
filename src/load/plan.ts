import { availableParallelism } from 'node:os'
import type { ProbeSpec } from '../wire/probe-option.ts'
import type { ResolvedOptions, TlsOptions } from './options.ts'
import { type Segment, threadSeed } from './schedule.ts'
import type { TurnsPlan } from './turns.ts'

/** What one load thread has to do: its share of the run, as data that can be cloned to it. Times in milliseconds. */
export interface ThreadPlan {
  readonly url: string
  /** Number of this thread's first connection in the run. */
  readonly firstConnection: number
  readonly connections: number
  /** Connections of the run over all threads. */
  readonly allConnections: number
  /** Connections to open per second. */
  readonly connectRate: number
  readonly warmup: number
  /** From the start to the measured window: `warmup`, and that of the others it takes turns with. */
  readonly lead: number
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
  readonly inFlight: number
  /** The open model's schedule, warm-up included; `undefined` in the closed model. */
  readonly open: OpenPlan | undefined
  readonly probe: ProbeSpec
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly protocols: readonly string[]
  readonly tls: TlsOptions
  readonly perMessageDeflate: boolean
  readonly localAddresses: readonly string[]
}

/** A thread's part of the open model. */
export interface OpenPlan {
  readonly segments: readonly Segment[]
  readonly arrivals: 'constant' | 'poisson'
  /** Where this thread's points lie between those of the others, 0 to 1. */
  readonly offset: number
  readonly seed: number
}

/** How a flood takes turns with others. */
export type TurnTaking = Pick<ThreadPlan, 'lead' | 'turns'>

/** Splits a run over its threads: connections, rates and pings as evenly as whole numbers allow. */
export function planThreads(
  options: ResolvedOptions,
  url: string,
  { lead, turns }: TurnTaking = { lead: options.warmup, turns: undefined },
): ThreadPlan[] {
  const threads = threadsFor(options)
  const { connections, pings, connectRate, until, confidence: _, ...rest } = options
  let firstConnection = 0
  return Array.from({ length: threads }, (_, thread) => {
    const own = share(connections, thread, threads)
    const part = own / connections
    const plan = {
      ...rest,
      url,
      lead,
      turns,
      firstConnection,
      connections: own,
      allConnections: connections,
      connectRate: connectRate * part,
      decidable: until !== undefined,
      pings: pings === undefined ? Infinity : share(pings, thread, threads),
      open: planOpen(options, part, thread, threads),
    }
    firstConnection += own
    return plan
  })
}

/** Half of the cores, so that the server under test has the others; fewer for few connections. */
function threadsFor({ threads, connections, pings }: ResolvedOptions): number {
  const wanted = threads === 'auto' ? Math.max(1, Math.floor(availableParallelism() / 2)) : threads
  const connectionsWorthAThread = threads === 'auto' ? 16 : 1
  return Math.max(1, Math.min(wanted, Math.floor(connections / connectionsWorthAThread), pings ?? Infinity))
}

function planOpen(options: ResolvedOptions, part: number, thread: number, threads: number): OpenPlan | undefined {
  const { stages, startRate, warmup, arrivals, seed } = options
  if (stages === undefined) return undefined
  const segments: Segment[] = []
  if (warmup > 0) segments.push({ duration: warmup, from: startRate * part, to: startRate * part })
  let from = startRate
  for (const { duration, rate } of stages) {
    if (duration > 0) segments.push({ duration, from: from * part, to: rate * part })
    from = rate
  }
  return { segments, arrivals, offset: thread / threads, seed: threadSeed(seed, thread) }
}

function share(total: number, nth: number, of: number): number {
  return Math.floor(((nth + 1) * total) / of) - Math.floor((nth * total) / of)
}
