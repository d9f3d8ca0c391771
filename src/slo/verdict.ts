import type { Bracket } from './bracket.ts'
import type { Evidence } from './evidence.ts'
import type { Objective } from './objective.ts'

/** Only a pass is green. */
export type Verdict = 'pass' | 'fail' | 'inconclusive'

/** How one bound was judged. Numbers are in the unit that `kind` says, `NaN` where nothing was measured. */
export interface ObjectiveVerdict extends Objective, Bracket, Evidence {
  readonly verdict: Verdict
  /**
   * Distance from what was measured to the limit, negative when it is missed: from the bracket's worse end on a pass, from
   * its better end on a fail, from `measured` where the two differ by no more than 5 %.
   */
  readonly margin: number
  /** The same as a share of the limit, positive when it is missed: 0.36 is 36 % beyond; infinite beyond a limit of 0. */
  readonly excess: number
  readonly reason: string
  /** Milliseconds that a run has to last to be decided, where that is what it lacks. */
  readonly durationNeeded?: number
}

/** Whether a run met an SLO. */
export interface SLOVerdict {
  readonly verdict: Verdict
  /**
   * The run does not speak of an objective at all: nothing was answered, it was aborted, an indicator has no value, nobody
   * knows what was an answer. Unlike a lack of evidence, never to be taken for anything but red; a fail where connections ended.
   */
  readonly vacuous: boolean
  /** Why it is not a pass, what matters most first; empty on a pass. */
  readonly reasons: readonly string[]
  /** What `warn` bounds say that are not surely met. */
  readonly warnings: readonly string[]
  readonly objectives: readonly ObjectiveVerdict[]
  /**
   * Where the time went, in words with their figures, when a latency or a rate was not surely met: what kept the server from a
   * processor, or that it was slow by itself. Absent where that is not known, or nothing was in the way of an undecided run.
   */
  readonly bottleneck?: string | undefined
  /** Of the verdict as a whole, 0.5 to 1. */
  readonly confidence: number
}
