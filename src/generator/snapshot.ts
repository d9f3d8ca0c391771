import { kindNumbers, kindsPerSlice, type PackedSlices, type PingCounts, type PingKind } from '../result/slices.ts'
import type { FanOut } from './fan-out.ts'
import type { FanOutRecording, FloodReport, Snapshot } from './flood-report.ts'
import { noIntervals } from './intervals.ts'
import type { ConnectionPool } from './pool.ts'
import type { Recorder, Recording } from './recorder.ts'

interface UnderWay {
  readonly recorder: Recorder
  readonly pool: Pick<ConnectionPool, 'forEachUnanswered'>
  readonly fanOut: Pick<FanOut, 'forEachLacking' | 'forEachUnderWay'> | undefined
  /** In milliseconds of `performance.now()`. */
  readonly lostBefore: number
}

/**
 * Settles the unanswered pings of a report, and changes nothing that the measurement goes on with: those that were sent
 * before `lostBefore` count as lost, the younger ones are left out of those sent. Those that wait to be sent count as dropped
 * if they were due before it. Likewise what has not reached its subscribers.
 */
export function takeSnapshot(report: FloodReport, underWay: UnderWay): Snapshot {
  const { recorder, pool, fanOut, lostBefore } = underWay
  const { slices } = report
  const pings = { ...recorder.pings }
  const count = (kind: PingKind, due: number, by = 1): void => countIn({ pings, slices }, recorder, kind, due, by)
  let underway = 0
  pool.forEachUnanswered((due, sent) => {
    if (!recorder.measures(due)) return
    if (sent === Infinity) {
      if (due < lostBefore) count('dropped', due)
    } else if (sent < lostBefore) {
      count('lost', due)
    } else {
      underway++
      count('sent', due, -1)
    }
  })
  fanOut?.forEachLacking((due, sent, lacking) => {
    if (sent >= lostBefore) return
    count('sent', due, lacking)
    count('lost', due, lacking)
  })
  return withoutIntervals({
    ...report,
    recording: { ...report.recording, pings },
    fanOut: fanOut && report.fanOut && messagesSoFar(report.fanOut, fanOut, underWay),
    underway,
  })
}

/** Verdicts do not need them, and there are more to take to another thread, or another machine, the longer a run lasts. */
export function withoutIntervals<Report extends FloodReport>(report: Report): Report {
  const { recording, fanOut } = report
  const bare = <Part extends Pick<Recording, 'intervals'>>(part: Part): Part => ({ ...part, intervals: noIntervals })
  return {
    ...report,
    recording: bare(recording),
    fanOut: fanOut && { ...fanOut, firsts: bare(fanOut.firsts), completions: bare(fanOut.completions) },
  }
}

/** Messages that have not reached all of their subscribers; nobody knows yet whether they have reached one. */
function messagesSoFar(
  recording: FanOutRecording,
  fanOut: NonNullable<UnderWay['fanOut']>,
  { recorder, lostBefore }: UnderWay,
): FanOutRecording {
  const { completions } = recording
  fanOut.forEachUnderWay((due, sent) => {
    if (sent >= lostBefore) return
    countIn(completions, recorder, 'sent', due, 1)
    countIn(completions, recorder, 'lost', due, 1)
  })
  return recording
}

function countIn(
  { pings, slices }: { readonly pings: PingCounts; readonly slices: PackedSlices },
  recorder: Recorder,
  kind: PingKind,
  due: number,
  by: number,
): void {
  pings[kind] += by
  // Those of messages may be shorter than the recorder's, which are those of deliveries.
  const slice = (recorder.windowAt(due) / slices.length) | 0
  const at = slice * kindsPerSlice + kindNumbers[kind]
  // A slice that nothing was recorded in yet is not among those that were packed.
  if (at < slices.pings.length) slices.pings[at]! += by
}
