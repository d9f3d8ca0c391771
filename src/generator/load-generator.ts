import type { FloodReport, Snapshot } from './flood-report.ts'
import type { RecordedInterval } from './intervals.ts'
import type { AgentReport } from '../result/load-result.ts'

/** An agent as its run has seen it, whatever it says of itself; times in milliseconds. */
export type SeenAgent = Omit<
  AgentReport,
  'opened' | 'pings' | 'p50' | 'p99' | 'fromOthers' | 'expectedFromOthers' | 'generator'
>

/**
 * Who generates the load of one flood, or of several that take turns: threads of this process, or agents on other machines.
 * What they find out is told by flood, then by thread.
 */
export interface LoadGenerator {
  /** Whether it is this machine that generates the load. */
  readonly isLocal: boolean
  /** Resolves when every connection of every thread is open or has failed. */
  connected(): Promise<void>
  /** Starts all threads at the same instant, and says which: milliseconds of `process.uptime()`. */
  start(): number | Promise<number>
  /** Resolves with what the threads found out when all have ended. */
  done(): Promise<FloodReport[][]>
  /**
   * Resolves with what the threads have found out by now, at about the same instant, or by their end; with nothing where a part of
   * the load is lost.
   * @param overdueAfter unanswered pings older than this many milliseconds count as lost
   */
  snapshot(overdueAfter: number): Promise<Snapshot[][] | undefined>
  /** Resolves with the second that each flood completed last, thread by thread; with nothing once they have ended. */
  latestSeconds(): Promise<RecordedInterval[][]>
  /**
   * Of each flood the agents as they were seen; `undefined` of threads of this process.
   * @param begin of the measured window, in milliseconds of `process.uptime()`
   * @throws {WsLoadError} `WSLOAD_ERR_AGENTS`, `WSLOAD_ERR_NATS` where no agent has told anything
   */
  agents(begin: number): SeenAgent[][] | undefined
  /** Ends the measured window: the threads then drain, and {@link done} resolves. */
  finish(): void
  /** Ends the run: {@link done} then resolves with what was measured until now. */
  abort(): void
  /** Ends it whatever it does, and leaves nothing behind. */
  terminate(): Promise<void>
}
