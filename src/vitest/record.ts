import { recordArtifact } from 'vitest'
import type { Watcher } from '../run/progress.ts'
import { formatCapacityPicture, formatPicture } from '../page/picture.ts'
import type { SustainVerdict } from '../capacity/sustain.ts'
import { nameCapacity, titleOfCapacity } from '../report/capacity.ts'
import type { LoadCapacity } from '../summary/load-capacity.ts'
import type { LoadComparison } from '../summary/load-comparison.ts'
import { describeFlood } from '../report/flood-table.ts'
import {
  type FloodContext,
  type FloodRecord,
  recordedLoad,
  type RecordedVerdict,
  recordOf,
} from '../report/flood-record.ts'
import { formatProgress } from '../report/progress.ts'
import type { LoadSummary } from '../summary/load-summary.ts'
import type { RunningTest } from './context.ts'
import { floodArtifact, label, progressArtifact } from './flood-artifact.ts'

/** Each report stays with the test, so it is not told more often, */
const progressIntervalMs = 10_000
/** and more seldom after so many. */
const reportsOfEach = 60
const records = new WeakMap<LoadSummary, { readonly record: FloodRecord; readonly test: RunningTest }>()

/** Leaves a flood's figures with its test, for whatever reporter is there. */
export async function keepFlood(test: RunningTest | undefined, summary: LoadSummary, name?: string): Promise<void> {
  if (test === undefined) return
  await publish(test, addRecord(test, summary, name === undefined ? {} : { name }))
}

/** Both sides of a comparison. */
export async function keepComparison(test: RunningTest | undefined, { base, head }: LoadComparison): Promise<void> {
  if (test === undefined) return
  const first = floodsOf(test).length
  const baseFlood = addRecord(test, base, { name: 'base', comparison: { side: 'base', other: first + 1 } })
  const headFlood = addRecord(test, head, { name: 'head', comparison: { side: 'head', other: first } })
  await publish(test, baseFlood)
  await publish(test, headFlood)
}

/** What a search found: the flood of the highest load that was kept, or else of the last one, under its name; and its curve. */
export async function keepCapacity(test: RunningTest | undefined, capacity: LoadCapacity): Promise<void> {
  const summary = shownRunOf(capacity)
  if (test === undefined || summary === undefined) return
  const { over, low, high } = capacity
  const ends = { over, low, high: high === Infinity ? null : high }
  await publish(test, addRecord(test, summary, { name: nameCapacity(capacity), capacity: ends }))
  if (test.task.result?.state !== 'run') return
  await test.annotate(titleOfCapacity(capacity), label, svgOf(formatCapacityPicture(capacity)))
}

/** The flood that stands for a capacity in reports. */
function shownRunOf({ steps, low }: LoadCapacity): LoadSummary | undefined {
  return (steps.findLast(({ load, verdict }) => load === low && verdict === 'pass') ?? steps.at(-1))?.summary
}

interface RecordedFlood {
  readonly summary: LoadSummary
  readonly record: FloodRecord
  /** Which of the test's `meta.wsLoad` it is. */
  readonly index: number
}

function addRecord(test: RunningTest, summary: LoadSummary, context: Omit<FloodContext, 'attempt'>): RecordedFlood {
  const record = recordOf(summary, { attempt: test.attempt, ...context })
  records.set(summary, { record, test })
  return { summary, record, index: floodsOf(test).push(record) - 1 }
}

function floodsOf({ task }: RunningTest): FloodRecord[] {
  return (task.meta.wsLoad ??= [])
}

/** An annotation for people, an artifact for programs. Vitest takes neither from a test that has ended, by its timeout for example. */
async function publish({ task, annotate }: RunningTest, { summary, record, index }: RecordedFlood): Promise<void> {
  if (task.result?.state !== 'run') return
  const body = formatPicture(summary, record.name)
  await annotate(describeFlood(record), label, svgOf(body))
  await recordArtifact(task, { type: floodArtifact, index, summary: summary.toJSON() })
}

function svgOf(body: string | null) {
  return body === null ? undefined : ({ contentType: 'image/svg+xml', body, bodyEncoding: 'utf-8' } as const)
}

/** Tells reporters every ten seconds how far a flood is, from ten minutes on every twenty, from twenty on every forty, and so on. */
export function tellProgress(test: RunningTest | undefined): Watcher | undefined {
  if (test === undefined) return undefined
  const { task } = test
  let reports = 0
  return {
    every: progressIntervalMs,
    report(progress) {
      if (progress.phase === 'connecting' || task.result?.state !== 'run' || !isTold(reports++)) return
      const told = recordArtifact(task, { type: progressArtifact, line: formatProgress(progress) })
      // The test ended meanwhile.
      told.catch(() => {})
    },
  }
}

/** @param nth number of a report, counted from 0 */
export function isTold(nth: number): boolean {
  return nth % 2 ** Math.ceil(Math.log2(Math.max(1, (nth + 1) / reportsOfEach))) === 0
}

/** What an assertion found out belongs to the flood it judged. */
export function keepVerdict(summary: LoadSummary, verdict: RecordedVerdict): void {
  records.get(summary)?.record.verdicts.push(verdict)
}

/** What an assertion found out about a load belongs to the flood that stands for the capacity. */
export function keepSustained(capacity: LoadCapacity, verdict: SustainVerdict): void {
  const summary = shownRunOf(capacity)
  if (summary !== undefined) keepVerdict(summary, recordedLoad(capacity, verdict))
}

/** The test that a flood belonged to, if it is known. */
export function testOf(summary: LoadSummary): RunningTest['task'] | undefined {
  return records.get(summary)?.test.task
}

/** Milliseconds that the test of a flood may take; 0 for any time, `undefined` if the test is not known. */
export function timeoutOf(summary: LoadSummary): number | undefined {
  return records.get(summary)?.test.timeout
}
