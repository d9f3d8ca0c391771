import type { LatencySummary } from './latency-summary.ts'
import type { RecordedOptions } from './recorded-options.ts'
import type { Slices } from './slices.ts'

/**
 * How a run ended: as planned, because `until` was decided, by its signal, because every connection was gone, with a server of the closed
 * model that answered nothing any more (`stalled`: of a number of pings, for twice their `timeout`; else all that were under way have timed
 * out), or because an agent was lost (`incomplete`).
 */
export type Ending = 'completed' | 'decided' | 'aborted' | 'disconnected' | 'stalled' | 'incomplete'

/**
 * Where the measured pings went. Totals balance: `due = sent + dropped` and
 * `sent = answered + coalesced + timedOut + lost`.
 */
export interface PingTotals {
  /** Pings the schedule (open model) or the free slots (closed model) asked for. */
  readonly due: number
  /** Handed to a socket. */
  readonly sent: number
  /** Answered in time. With those that coalesced they are the samples of `latency`. */
  readonly answered: number
  /**
   * Settled in time by the answer to a newer ping, as RFC 6455 section 5.5.3 allows: no errors, and as slow as that answer.
   * Files of versions that left them out of `latency` have fewer samples.
   */
  readonly coalesced: number
  /** Not answered within `timeout`. */
  readonly timedOut: number
  /** Unanswered when their connection ended or the run was aborted, or answered by an error. */
  readonly lost: number
  /** Due but not sent: the connection was congested, full or gone. */
  readonly dropped: number
}

/**
 * Messages that the server sent, texts and binaries, over all connections from their opening to their end: warm-up and
 * drain included. Pongs are none. `NaN` in a run from the file of a version that did not count them.
 */
export interface MessageTotals {
  readonly received: number
  /**
   * Those that answered no ping: no answers by their content or id, or there when no ping of their connection was
   * unanswered. The answer to a ping that had timed out is none of them, and no message during a session is.
   */
  readonly unsolicited: number
  /**
   * The unsolicited ones that would have been taken for an answer if a ping had been unanswered, from the beginning of the
   * measured window on. Any above 0 shows that answers cannot be told by their order, and what else may have been taken for
   * one nobody knows: such a run never passes. Always 0 where answers are matched by id.
   */
  readonly surplus: number
  /** The surplus ones that came when every answer was there. */
  readonly afterLastAnswer: number
}

/** Pongs, likewise, whatever the probe. `NaN` in a run from the file of a version that did not count them. */
export interface PongTotals {
  /**
   * Those that carry no ping of their connection: heartbeats, which RFC 6455 section 5.5.3 allows, or pongs of the pings of
   * another connection or run. They answer nothing.
   */
  readonly unsolicited: number
}

export interface ConnectionTotals {
  readonly requested: number
  readonly opened: number
  /** Never opened, or not for pings, because their session failed. */
  readonly failed: number
  /** How often one that was open ended before the run did. */
  readonly closedEarly: number
  /** How often a session failed, the first one of a connection or that of a reconnect. */
  readonly failedSessions: number
  /** Attempts to open those that had ended early again; see the option `reconnect`. */
  readonly reconnects: number
  /** Of these, those that did not open one, or whose session failed. */
  readonly failedReconnects: number
}

/** One kind of fault: how often it was seen and a few of the messages that came with it. */
export interface Fault {
  readonly count: number
  readonly samples: readonly string[]
}

/**
 * A stretch of the measured window: a second, or 2, 4, 8 … seconds of runs of more than 10 minutes. So there are 600 at most, all of
 * them equally long but for the last; of a comparison with `restarts`, but for the last of each pair of processes.
 */
export interface LoadInterval {
  /** Milliseconds since the measured window began. */
  readonly start: number
  /** Milliseconds. */
  readonly duration: number
  readonly sent: number
  readonly answered: number
  readonly timedOut: number
  readonly lost: number
  readonly dropped: number
  /** Answered per second. */
  readonly throughput: number
  /** Of the answered and the coalesced pings, in milliseconds; `NaN` where there were none. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** What the server did in it; absent where it was not watched, or not to the end of this interval. */
  readonly server?: ServerUse | undefined
  /** What the machine did; likewise. */
  readonly machine?: MachineUse | undefined
}

/** Garbage collections of the load threads: how many, and how long they took altogether and at most, in milliseconds. */
export interface GcPauses {
  readonly count: number
  readonly total: number
  readonly max: number
}

/**
 * Why the load threads did not run, as shares of the measured window, and of what a late generator sent after it, from 0 to 1, of the thread that lost most of it. What
 * the system does not tell is absent.
 */
export interface Starvation {
  /** A quota of processor time, a cgroup's, was used up. */
  readonly throttled?: number | undefined
  /** Others had the processors. */
  readonly waiting?: number | undefined
  /** Neither of the two, while processes of the cgroup, or else of the machine, waited for memory. */
  readonly memoryStall?: number | undefined
  /** None of these: stopped by a signal, with a container or with the machine, or waiting for a disk. */
  readonly stopped: number
}

/**
 * What failed within a second of a silence of the generator: for 500 ms and more it had neither read nor answered
 * anything, so its peers may have given it up. Counted among the totals of a run too.
 */
export interface AfterSilence {
  /** Pings. */
  readonly timedOut: number
  readonly lost: number
  readonly dropped: number
  /** Connections. */
  readonly failed: number
  readonly closedEarly: number
  /** Attempts to open one again. */
  readonly failedReconnects: number
}

/** What the load generator says of itself. */
export interface GeneratorReport {
  /** Width of the bracket around a latency percentile in milliseconds: what the generator cannot tell apart. */
  readonly resolution: { readonly p50: number; readonly p99: number }
  /**
   * How late pings left compared with their schedule, but for those in `heldBack` (open model; empty in the closed
   * model).
   */
  readonly sendDelay: LatencySummary
  /**
   * Pings that left only after the server had answered others, because their connection had `maxPendingPongs` unanswered
   * when they were due (open model).
   */
  readonly heldBack: number
  /** Share of the measured window, and of what a late generator sent after it, in which the busiest thread's event loop was at work, 0 to 1. */
  readonly eventLoopUtilization: number
  /** CPU time of the load threads per ping sent, without that of waiting for answers, in milliseconds; `NaN` if none was. */
  readonly cpuPerPing: number
  /** Garbage collections in that time. */
  readonly gcPauses: GcPauses
  /** Absent in files of versions that did not look for it. */
  readonly starvation?: Starvation | undefined
  /** Likewise. */
  readonly afterSilence?: AfterSilence | undefined
  readonly threads: number
  /** The generator, rather than the server, may have limited this run. */
  readonly saturated: boolean
  /** Why, and what to change. */
  readonly reasons: readonly string[]
}

/** What a server used in a stretch of time. */
export interface ServerUse {
  /** Processors that it used on average. Of floods that take turns: of this one's own turns. */
  readonly cores: number
  /**
   * Share of the time in which its threads wanted to run and waited for a processor, 0 to 1: waiting ÷ (waiting + running), all
   * threads together. Absent where the system does not tell.
   */
  readonly waiting?: number | undefined
  /** Share of the time in which it wanted a processor and a quota of its control groups had stopped it, 0 to 1. Absent without a quota. */
  readonly throttled?: number | undefined
  /** Milliseconds of processor time, user and system, per answer that came in it: of a fan-out per delivery. Absent where none came. */
  readonly cpuPerPing?: number | undefined
  /** Resident memory at the end of it, in bytes, all processes together: pages that they share count for each. */
  readonly rss: number
}

/** What the processors of the machine did in a stretch of time, as shares of all of them from 0 to 1. */
export interface MachineUse {
  /** Not idle, whatever for; what a hypervisor gave to others is not idle. */
  readonly busy: number
  /** Of the process of the generator, all that it does: also that it polls for answers, and the test within it. */
  readonly generator?: number | undefined
  /** Of processes that are neither the server nor the process of the generator. Absent where the server cannot be told from others. */
  readonly foreign?: number | undefined
  /** The hypervisor gave them to other machines. Absent where the system does not tell. */
  readonly steal?: number | undefined
  /** Share of the time in which the generator wanted a processor and a quota of its control groups had stopped it. Absent without a quota. */
  readonly throttled?: number | undefined
  /** Share of the time in which some task waited for a processor, for memory, for a disk. Absent where the kernel does not tell. */
  readonly pressure?: { readonly [resource in 'cpu' | 'memory' | 'io']?: number | undefined } | undefined
}

/** What the server did in the measured window, as the system tells it of its processes. */
export interface ServerReport extends Pick<ServerUse, 'cores' | 'waiting' | 'throttled'> {
  /**
   * By what its processes were found: `command`, a command that this package started, with all its descendants; `port`, whoever
   * listens at the port of a URL of this machine; `pid` or `cgroup`, the option `server`.
   */
  readonly source: 'command' | 'port' | 'pid' | 'cgroup'
  /** Its processes, when most of them ran. */
  readonly processes: number
  /** Milliseconds of processor time, user and system, per answer: of a fan-out per delivery. `NaN` where none came. */
  readonly cpuPerPing: number
  /** Share of the time in which its busiest thread ran, 0 to 1. Absent where the system does not tell. */
  readonly busiestThread?: number | undefined
  /** Resident memory in bytes, all processes together. */
  readonly rss: { readonly start: number; readonly max: number; readonly end: number }
  /** The window in at most 128 parts: how far the work per ping varies. */
  readonly blocks: readonly ServerBlock[]
}

/** What a server spent on a part of the measured window. */
export interface ServerBlock {
  /** Milliseconds since the measured window began; of floods that take turns, of their own time. */
  readonly start: number
  readonly duration: number
  /** Milliseconds of processor time. */
  readonly cpu: number
  /** Answers that came in it, whenever their pings were due. */
  readonly pings: number
}

/** What the machine did in the measured window. */
export interface MachineReport extends MachineUse {
  /** Processors that it has, whoever may use them. */
  readonly cores: number
}

/** Where the run took place. */
export interface Environment {
  readonly node: string
  readonly os: string
  readonly cpu: string
  readonly cores: number
  /** Version of this package. */
  readonly version: string
  /** How many other floods of this package ran on this machine within the measured window. */
  readonly otherFloods: number
}

/** An agent that generated a part of the load, see the option `machines`. */
export interface AgentReport {
  /** Unique in the run. */
  readonly name: string
  /** Connections that it was to open. */
  readonly connections: number
  /** Those of them that were opened; absent where nothing came of it. */
  readonly opened?: number | undefined
  /**
   * By how much its instants may be off those of the other machines, in milliseconds: half of the fastest round trip to it, and what
   * the clocks drifted apart. Absent where the run ended before its start.
   */
  readonly clockUncertainty?: number | undefined
  /** What became of its pings; likewise. */
  readonly pings?: PingTotals | undefined
  /** Response times of its pings, as the run's, in milliseconds; likewise. */
  readonly p50?: number | undefined
  readonly p99?: number | undefined
  /** Of a fan-out: deliveries to its subscribers of what others' publishers have published, in the whole run, each once; nobody times them. */
  readonly fromOthers?: number | undefined
  /**
   * Of a fan-out: how many had to come, at least: to subscribers that were there to the end, of what others had published a second or
   * two before their latest message.
   */
  readonly expectedFromOthers?: number | undefined
  /** How many of the expected ones did not: none of the others makes up for one. */
  readonly missedFromOthers?: number | undefined
  /** What it says of itself; likewise. */
  readonly generator?: Omit<GeneratorReport, 'sendDelay'> | undefined
  readonly environment: Environment
  /**
   * When it was lost, in milliseconds since the measured window began, and why; below 0 before that. What it measured until then is
   * missing where it could not tell it.
   */
  readonly lost?: { readonly at: number; readonly reason: string } | undefined
}

/** How long messages took to get so far: a message counts as a ping does, and one that got so far is answered. */
export interface MessageTimes {
  /** From the instant a message was due. */
  readonly latency: LatencySummary
  /** The same messages' lower bounds, from the instant they left. */
  readonly latencyFloor: LatencySummary
  /** Those published in the measured window, and what became of them. */
  readonly pings: PingTotals
  readonly intervals: readonly LoadInterval[]
  readonly slices: Slices
}

/**
 * What became of the messages of a fan-out. The run's own `latency` and `pings` are those of deliveries: one for each
 * message and subscriber of its room.
 */
export interface FanOutResult {
  /** Until a message had reached the first of its subscribers. */
  readonly first: MessageTimes
  /** Until it had reached all of them; one that missed any has none. */
  readonly completion: MessageTimes
  /** Deliveries of a message to a subscriber that had it already; of other machines' messages all since the window began. */
  readonly duplicates: number
  /** Deliveries behind which their publisher's later message had come to the same subscriber (RFC 4737 section 3.3); likewise. */
  readonly outOfOrder: number
  /** Deliveries to a subscriber of another room than its message was published to. */
  readonly misrouted: number
  /** Messages whose publisher the server answered with an error. */
  readonly refused: number
}

/**
 * Everything a run found out, as plain data. Public numbers are milliseconds, per second, or ratios from 0 to 1.
 */
export interface LoadResult {
  readonly ended: Ending
  /**
   * How often the run was looked at to end it as soon as `until` is decided, and how often that was planned; 1 of 1
   * without `until`. Verdicts share their error probability among the planned looks.
   */
  readonly looks: { readonly taken: number; readonly planned: number }
  /** When the measured window began, ISO 8601. */
  readonly startedAt: string
  /** Length of the measured window in milliseconds, without warm-up and drain. */
  readonly duration: number
  /**
   * Response time: from the instant a ping was due to the instant its answer was surely there. Equals `serviceTime` in
   * the closed model, where a ping is due when it is sent. Free of coordinated omission in the open model. Of the
   * answered and the coalesced pings: reports and verdicts take those without an answer as infinitely slow.
   */
  readonly latency: LatencySummary
  /**
   * The same pings' lower bounds: from the instant a ping left, because that it left late is the generator's doing, to an
   * instant at which its answer was surely not there yet.
   */
  readonly latencyFloor: LatencySummary
  /** From the instant a ping was handed to the socket to its answer. */
  readonly serviceTime: LatencySummary
  /** From the start of a connection attempt to the open WebSocket. */
  readonly handshake: LatencySummary
  /** From the beginning of a session to its end; empty without sessions. */
  readonly session: LatencySummary
  /**
   * From the early end of a connection to the instant it was open for pings again, all waits and attempts included; empty
   * without. Its handshakes and sessions are among those above.
   */
  readonly reconnect: LatencySummary
  /** Pings answered per second, coalesced ones aside, until the last answer if that came after the measured window. */
  readonly throughput: number
  /** Pings sent per second, until the last one of a saturated generator that sent some after the measured window. */
  readonly offeredRate: number
  readonly pings: PingTotals
  readonly messages: MessageTotals
  readonly pongs: PongTotals
  /** Faults by code. */
  readonly errors: Readonly<Record<string, Fault>>
  /** Failed share of the pings that were due: (dropped + timed out + lost) ÷ due. `NaN` where none was due. */
  readonly errorRate: number
  /** Share of the connections asked for that never opened, or whose session failed: failed ÷ requested. */
  readonly connectErrorRate: number
  readonly connections: ConnectionTotals
  readonly intervals: readonly LoadInterval[]
  /** Of a run of `wsLoad.fanOut()`. */
  readonly fanOut?: FanOutResult | undefined
  /** The measured window in at most 512 slices by the time pings were due: how samples depend on each other. */
  readonly slices: Slices
  readonly generator: GeneratorReport
  /** Absent where it could not be watched, or was not to be, and in files of versions that did not watch it. */
  readonly server?: ServerReport | undefined
  /** Why it could not be watched. */
  readonly serverUnwatched?: string | undefined
  /** Absent where nothing was to be watched, or not for long enough. */
  readonly machine?: MachineReport | undefined
  /** Of a run with the option `machines`: those that generated its load. */
  readonly machines?: readonly AgentReport[] | undefined
  /** Of the machine that the run was started on. */
  readonly environment: Environment
  readonly options: RecordedOptions
}
