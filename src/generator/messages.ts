/** What the main thread and a load thread say to each other. */
import type { FloodReport, Snapshot } from './flood-report.ts'
import type { RecordedInterval } from './intervals.ts'
import type { ThreadPlan } from './thread-plan.ts'

/** What the main thread says. Times are milliseconds of `process.uptime()`: all threads share it, no fake timers stop it. */
export type Order =
  | { readonly type: 'start'; readonly at: number }
  /** Asks for what was found out until now. Unanswered pings older than `overdueAfter` milliseconds count as lost. */
  | { readonly type: 'snapshot'; readonly overdueAfter: number }
  /** Asks for the second that was completed last: costs the measurement next to nothing. */
  | { readonly type: 'latestSecond' }
  /** Ends the measured window. */
  | { readonly type: 'finish' }
  | { readonly type: 'abort' }

/** What a load thread has to do: its part of each flood that takes part, `undefined` where it has none. */
export type ThreadWork = readonly (ThreadPlan | undefined)[]

/** What a load thread says. Reports are those of {@link ThreadWork}, in the same order. */
export type Notice =
  | { readonly type: 'connected' }
  | { readonly type: 'snapshot'; readonly reports: readonly (Snapshot | undefined)[] }
  | { readonly type: 'latestSecond'; readonly seconds: readonly (RecordedInterval | undefined)[] }
  | { readonly type: 'done'; readonly reports: readonly (FloodReport | undefined)[] }
  | { readonly type: 'unusable'; readonly mistakes: readonly string[] }
