import type { Connection } from './connection.ts'
import type { PingTimes } from './ping-times.ts'
import type { PollClock } from './poll-clock.ts'
import type { Recorder } from './recorder.ts'
import type { ThreadPlan } from './thread-plan.ts'
import type { Turns } from './turns.ts'

/** What decides when a ping leaves, and on which connection. */
export interface LoadModel {
  /** Begins to send, warm-up first. */
  start(): void
  /** Answers or timeouts have freed places on a connection. */
  freed(connection: Connection, places: number): void
  /** A connection that had ended is open again. */
  cameBack(connection: Connection): void
  /** Sends at once what is due by now. */
  catchUp(): void
  /** Sends nothing more. */
  stop(): void
}

export interface LoadModelContext {
  readonly plan: ThreadPlan
  readonly clock: PollClock
  readonly recorder: Recorder
  /** When this flood may send, if it takes turns with others. */
  readonly turns: Turns | undefined
  /** Where a model writes down when the ping that it sends was due and sent. */
  readonly ping: PingTimes
  readonly connections: readonly Connection[]
  /** Called once when the plan's pings are all sent. */
  readonly finished: () => void
}
