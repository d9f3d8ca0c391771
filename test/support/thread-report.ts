import type { FloodReport } from '../../src/generator/flood-report.ts'
import type { Recorder } from '../../src/generator/recorder.ts'
import { connectionTotals } from './connection-totals.ts'
import { undisturbed } from './undisturbed.ts'

/** A thread's report as it arrives from the thread. */
export function threadReport(
  recording: Recorder,
  { duration, ...others }: Pick<FloodReport, 'duration'> & Partial<FloodReport>,
): FloodReport {
  return structuredClone({
    ending: 'completed',
    duration,
    lastAnswer: duration,
    lastSent: duration,
    timedOutAtEnd: 0,
    connections: connectionTotals({ requested: 10 }),
    recording,
    slices: recording.slices(),
    spent: { active: 0, polling: 0, cpu: 0 },
    spentOver: duration,
    gcPauses: { count: 0, total: 0, max: 0 },
    starvation: undisturbed,
    quota: undefined,
    fanOut: undefined,
    afterSilence: {
      timedOut: 0,
      lost: 0,
      dropped: 0,
      failed: 0,
      closedEarly: 0,
      failedSessions: 0,
      reconnects: 0,
      failedReconnects: 0,
    },
    ...others,
  })
}
