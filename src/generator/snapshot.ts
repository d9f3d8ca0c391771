import { kindNumbers, kindsPerSlice } from '../result/slices.ts'
import type { FloodReport, Snapshot } from './flood-report.ts'
import type { ConnectionPool } from './pool.ts'
import type { Recorder } from './recorder.ts'

/**
 * Settles the unanswered pings of a report, and changes nothing that the measurement goes on with: those that were sent
 * before `lostBefore` (milliseconds of `performance.now()`) count as lost, the younger ones are left out of those sent. Those
 * that wait to be sent count as dropped if they were due before it.
 */
export function takeSnapshot(
  report: FloodReport,
  { recorder, pool, lostBefore }: { recorder: Recorder; pool: ConnectionPool; lostBefore: number },
): Snapshot {
  const { slices } = report
  const pings = { ...recorder.pings }
  let underway = 0
  pool.forEachUnanswered((due, sent) => {
    if (!recorder.measures(due)) return
    const slice = recorder.sliceAt(due) * kindsPerSlice
    if (sent === Infinity) {
      if (due >= lostBefore) return
      pings.dropped++
      slices.pings[slice + kindNumbers.dropped]!++
    } else if (sent < lostBefore) {
      pings.lost++
      slices.pings[slice + kindNumbers.lost]!++
    } else {
      underway++
      pings.sent--
      slices.pings[slice + kindNumbers.sent]!--
    }
  })
  return { ...report, recording: { ...report.recording, pings }, underway }
}
