import { isDeepStrictEqual } from 'node:util'
import { recordArtifact } from 'vitest'
import { isCutShort } from '../capacity/findings.ts'
import type { ResolvedOptions } from '../options/options.ts'
import type { Watcher } from '../run/progress.ts'
import { formatCapacityPicture, formatPicture } from '../page/picture.ts'
import { nameCapacity, titleOfCapacity } from '../report/capacity.ts'
import type { CapacityComparison } from '../summary/capacity-comparison.ts'
import type { LoadCapacity } from '../summary/load-capacity.ts'
import type { LoadComparison } from '../summary/load-comparison.ts'
import { describeFlood } from '../report/flood-table.ts'
import { type FloodContext, type FloodRecord, type RecordedVerdict, recordOf } from '../report/flood-record.ts'
import { formatProgress } from '../report/progress.ts'
import { encodeSlices } from '../result/slices-codec.ts'
import type { LoadSummary } from '../summary/load-summary.ts'
import type { TestedAs } from './advice.ts'
import { isOver, type RunningTest } from './context.ts'
import { floodArtifact, label, progressArtifact } from './flood-artifact.ts'

/** Each report stays with the test, so it is not told more often, */
const progressIntervalMs = 10_000
/** and more seldom after so many. */
const reportsOfEach = 60
const ofSearches = new WeakSet<LoadSummary>()
const records = new WeakMap<LoadSummary, { readonly record: FloodRecord; readonly test: RunningTest }>()

/** Leaves a flood's figures with its test, for whatever reporter is there. */
export async function keepFlood(
  test: RunningTest | undefined,
  summary: LoadSummary,
  context: Pick<FloodContext, 'embedded' | 'name'> = {},
): Promise<void> {
  if (test === undefined) return
  await publish(test, addRecord(test, summary, context))
}

/** Whether a flood of these options goes to the embedded server. */
export function serverOf({ url }: Pick<ResolvedOptions, 'url'>): Pick<FloodContext, 'embedded'> {
  return url === undefined ? { embedded: true } : {}
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
export async function keepCapacity(
  test: RunningTest | undefined,
  capacity: LoadCapacity,
  context: Pick<FloodContext, 'embedded'> = {},
): Promise<void> {
  if (test !== undefined) await publishCapacity(test, capacity, addCapacity(test, capacity, context))
}

/** What the searches for both sides of a comparison found. */
export async function keepCapacities(test: RunningTest | undefined, { base, head }: CapacityComparison): Promise<void> {
  if (test === undefined) return
  const first = floodsOf(test).length
  const hasBoth = [base, head].every((capacity) => shownRunOf(capacity) !== undefined)
  const baseFlood = addCapacity(test, base, { comparison: { side: 'base', other: hasBoth ? first + 1 : null } })
  const headFlood = addCapacity(test, head, { comparison: { side: 'head', other: hasBoth ? first : null } })
  await publishCapacity(test, base, baseFlood)
  await publishCapacity(test, head, headFlood)
}

function addCapacity(
  test: RunningTest,
  capacity: LoadCapacity,
  context: Pick<FloodContext, 'embedded' | 'comparison'>,
): RecordedFlood | undefined {
  for (const step of capacity.steps) if (step.summary !== undefined) ofSearches.add(step.summary)
  const summary = shownRunOf(capacity)
  if (summary === undefined) return undefined
  const { over, low, high, limitedBy } = capacity
  const isUnfinished = limitedBy === 'unknown' || isCutShort(capacity)
  const ends = { over, low, high: high === Infinity ? null : high, ...(isUnfinished && { unfinished: true as const }) }
  const { comparison } = context
  const name = nameCapacity(capacity)
  return addRecord(test, summary, {
    ...context,
    capacity: ends,
    name: comparison === undefined ? name : `${comparison.side}, ${name}`,
  })
}

async function publishCapacity(
  test: RunningTest,
  capacity: LoadCapacity,
  flood: RecordedFlood | undefined,
): Promise<void> {
  if (flood === undefined) return
  await publish(test, flood)
  if (test.task.result?.state !== 'run') return
  const { comparison } = flood.record
  const side = comparison === undefined ? '' : `${comparison.side}: `
  await test.annotate(`${side}${titleOfCapacity(capacity)}`, label, svgOf(formatCapacityPicture(capacity)))
}

/** The flood that stands for a capacity in reports. */
function shownRunOf({ steps, low }: LoadCapacity): LoadSummary | undefined {
  const kept = steps.findLast(({ load, verdict }) => load === low && verdict === 'pass')
  return (kept ?? steps.findLast(({ summary }) => summary !== undefined))?.summary
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

/**
 * An annotation for people, an artifact for programs. Vitest takes neither from a test that has ended, by its timeout for example, and no
 * annotation after a soft assertion has failed.
 */
async function publish(test: RunningTest, { summary, record, index }: RecordedFlood): Promise<void> {
  const { task, annotate } = test
  if (isOver(test)) return
  const body = formatPicture(summary, record.name)
  if (task.result?.state === 'run') await annotate(describeFlood(record), label, svgOf(body))
  // With every slice, as it was judged: on a page its intervals are those of its verdict.
  const whole = { ...summary.toJSON(), slices: encodeSlices(summary.slices.pack()) }
  await recordArtifact(task, { type: floodArtifact, index, summary: whole })
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
      if (progress.phase === 'connecting' || isOver(test) || !isTold(reports++)) return
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
  const flood = records.get(summary)
  if (flood === undefined) return
  const { record, test } = flood
  // One assertion may ask again and again: expect.poll, or toEqual with it in it.
  if (isDeepStrictEqual(record.verdicts.at(-1), verdict)) return
  record.verdicts.push(verdict)
  // Of a test that is over Vitest sends nothing any more, of its file not until that ends.
  if (isOver(test)) (test.task.file.meta.wsLoadJudgedLater ??= {})[test.task.id] = floodsOf(test)
}

/** What an assertion found out about a capacity belongs to the flood that stands for it. */
export function keepVerdictOn(capacity: LoadCapacity, verdict: RecordedVerdict): void {
  const summary = shownRunOf(capacity)
  if (summary !== undefined) keepVerdict(summary, verdict)
}

/** The test that a flood belonged to, if it is known. */
export function testOf(summary: LoadSummary): RunningTest['task'] | undefined {
  return records.get(summary)?.test.task
}

/** What is known of how a flood was tested; nothing if its test is not known. */
export function testedAs(summary: LoadSummary): TestedAs {
  const { record, test } = records.get(summary) ?? {}
  const isCompared = record?.comparison !== undefined
  return { timeout: test?.timeout, isCompared, isOfSearch: ofSearches.has(summary) }
}
