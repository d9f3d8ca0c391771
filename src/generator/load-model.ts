import type { EventLoop } from './event-loop.ts'
import type { PingTimes } from './ping-times.ts'
import type { Recorder } from './recorder.ts'
import type { ThreadPlan } from './thread-plan.ts'
import type { Turns } from './turns.ts'

/** Whoever sends what a model has become due: a connection its pings, or a publisher its messages. Times are those of the ping at hand. */
export interface Sender {
  /** Whether anything may still be sent. */
  readonly writable: boolean
  /** Whether it can be sent without piling up behind others. */
  readonly ready: boolean
  /** Sends so many now. */
  send(count: number): void
  /** Queues one for {@link Sender.flush}; says whether it is the first that can leave since the last one. */
  queue(): boolean
  flush(): void
}

/** What decides when a ping leaves, and on which connection; or a message, and by which publisher. */
export interface LoadModel {
  /** Begins to send, warm-up first. */
  start(): void
  /** Answers or timeouts have freed places on a connection. */
  freed(sender: Sender, places: number): void
  /** A connection that had ended is open again. */
  cameBack(sender: Sender): void
  /** Sends at once what is due by now. */
  catchUp(): void
  /** Sends nothing more. */
  stop(): void
}

export interface LoadModelContext {
  readonly plan: ThreadPlan
  readonly loop: Pick<EventLoop, 'clock' | 'sleeper' | 'spareCore'>
  readonly recorder: Recorder
  /** When this flood may send, if it takes turns with others. */
  readonly turns: Turns | undefined
  /** Where a model writes down when the ping that it sends was due and sent. */
  readonly ping: PingTimes
  readonly senders: readonly Sender[]
  /** Counts pings that were due in one slice and do not leave. */
  readonly drop: (due: number, pings: number) => void
  /** Called once when the plan's pings are all sent. */
  readonly finished: () => void
}
