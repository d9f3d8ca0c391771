import type { AfterSilence, ConnectionTotals, Ending, GcPauses } from '../result/load-result.ts'
import type { PackedSlices } from '../result/slices.ts'
import type { Recording } from './recorder.ts'
import type { BlockCounts } from './sequence-blocks.ts'
import type { Starvation } from './starvation.ts'

/** What a thread found out, as data that can be cloned to the main thread. Times in milliseconds. */
export interface FloodReport {
  readonly ending: Ending
  /** Length of the measured window. */
  readonly duration: number
  /** From the start of the measured window to the last answer. */
  readonly lastAnswer: number
  /** Likewise to the last ping of a rate that left, and was not held back; negative where there is none. */
  readonly lastSent: number
  /**
   * Pings of the closed model that were under way when the time of the measured window was over and have timed out since, or messages of a
   * fan-out that nobody had by then, if nothing was answered meanwhile; else 0. Of a rate more would have been due.
   */
  readonly timedOutAtEnd: number
  readonly connections: ConnectionTotals
  readonly recording: Recording
  readonly slices: PackedSlices
  readonly spent: Spent
  /** Length of the measured window, and of what a late generator took to send what was due in it. */
  readonly spentOver: number
  readonly gcPauses: GcPauses
  /** In the measured window; floods that take turns have equal parts of it. */
  readonly starvation: Starvation
  /** Processors that the control groups of the process allow it; `undefined` without a bound. */
  readonly quota: number | undefined
  readonly afterSilence: AfterSilence
  /** Of a fan-out, whose `recording` and `slices` are those of deliveries to this thread's subscribers. */
  readonly fanOut: FanOutRecording | undefined
  /** Name of the agent whose thread it was; `undefined` of a thread of this process. */
  readonly agent?: string
}

/** What became of the messages of a thread's publishers: a message counts as a ping does. */
export interface MessageRecording extends Pick<Recording, 'pings' | 'latency' | 'latencyFloor' | 'intervals'> {
  readonly slices: PackedSlices
}

export interface FanOutRecording {
  /** Until a message has reached the first of its subscribers, and until it has reached all of them. */
  readonly firsts: MessageRecording
  readonly completions: MessageRecording
  /** Of deliveries to this thread's subscribers. */
  readonly duplicates: number
  readonly outOfOrder: number
  readonly misrouted: number
  /** Of what publishers of other machines have published, in the whole run, each once. */
  readonly fromOthers: number
  /** `undefined` where there is one machine. */
  readonly crossing: Crossing | undefined
  /** Of messages of this thread's publishers. */
  readonly refused: number
}

/** What a thread knows of the messages that go from one machine to another, each by its publisher and its sequence number. */
export interface Crossing {
  /** Of each room: this thread's subscribers that have been there to the end. */
  readonly members: readonly number[]
  /** Of each publisher of the run: deliveries of other machines' messages to them. */
  readonly came: BlockCounts
  /** Number in the run of this thread's first publisher. */
  readonly firstPublisher: number
  /** Of each of its publishers: messages that have left. */
  readonly published: BlockCounts
  /** Likewise: below which sequence number they have had the time to reach others' subscribers; see `Published`. */
  readonly settled: Int32Array
}

/** What a thread spent on the measured window, and on what it sent late of it, in milliseconds; floods that take turns have equal parts of it. */
export interface Spent {
  /** Time in which its event loop was at work. */
  readonly active: number
  /** Time in which it had nothing to do but to poll for answers. */
  readonly polling: number
  /** CPU time. */
  readonly cpu: number
}

/** What a thread has found out while it is still measuring; every ping in it is settled, so that its totals balance. */
export interface Snapshot extends FloodReport {
  /** Pings under way that it leaves out. */
  readonly underway: number
}
