import { formatRange } from '../slo/bracket.ts'
import { nsPerMs } from '../result/histogram.ts'
import type { LatencySummary } from '../result/latency-summary.ts'
import { formatCount, formatDuration } from '../units.ts'
import { align, width } from './layout.ts'
import { type Paint, plain } from './paint.ts'

const maxRows = 10
/** That shares in print have, but for the longest of them. */
const shareColumns = 8
/** Of the E series of preferred numbers (IEC 60063), finest first. */
const stepsPerDecade = [96, 48, 24, 12, 6, 3, 1]
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** One bar of a histogram. */
export interface Row {
  /** Milliseconds, inclusive. */
  readonly low: number
  /** Milliseconds, exclusive. */
  readonly high: number
  readonly count: number
}

/**
 * Draws the samples as a histogram of at most 10 rows on a logarithmic axis with round numbers, and one more for the
 * pings or deliveries that never came.
 */
export function drawDistribution(
  summary: LatencySummary,
  missing: { readonly name: string; readonly count: number },
  paint: Paint = plain,
): string[] {
  const rows = distributionOf(summary)
  const counts = [...rows.map(({ count }) => count), ...(missing.count > 0 ? [missing.count] : [])]
  const labels = rows.map(({ low, high }) => formatRange(low, high, formatDuration))
  const total = counts.reduce((sum, count) => sum + count, 0)
  const shares = counts.map((count) => formatShare(count / total))
  const longest = Math.max(0, ...labels.map(({ length }) => length))
  const lines = align(
    counts.map((count, at) => [
      `  ${(labels[at] ?? missing.name).padStart(longest)}`,
      formatCount(count).padStart(formatCount(Math.max(...counts)).length),
      shares[at]!.padStart(Math.max(shareColumns, ...shares.map(({ length }) => length))),
      '',
    ]),
  )
  const room = width - Math.max(0, ...lines.map(({ length }) => length)) - 2
  return lines.map((line, at) => {
    const colour = at < rows.length ? paint.green : paint.red
    const length = (counts[at]! / Math.max(...counts)) * room
    return length === 0 ? line : `${line}  ${colour(bar(length))}`
  })
}

/** A share of all pings, to a hundredth of a percent. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.5e-4) return '< 0.01 %'
  return share < 1 && share >= 0.999_95 ? '> 99.99 %' : `${(100 * share).toFixed(2)} %`
}

/** The samples in at most 10 rows with round edges. */
export function distributionOf(summary: LatencySummary): Row[] {
  return stepsPerDecade.map((steps) => binned(summary, steps)).find(({ length }) => length <= maxRows) ?? []
}

function binned({ histogram, count, min, max }: LatencySummary, steps: number): Row[] {
  if (count === 0) return []
  const first = Math.floor(Math.log10(min) * steps) - 1
  const last = Math.ceil(Math.log10(max) * steps) + 1
  const edges = Array.from({ length: last - first + 1 }, (_, at) => preferredNumber(first + at, steps))
  const counts = edges.map(() => 0)
  for (let index = 0, row = 0; index < histogram.countsArrayLength; index++) {
    const recorded = histogram.getCountAtIndex(index)
    if (recorded === 0) continue
    while (histogram.medianEquivalentValue(histogram.valueFromIndex(index)) / nsPerMs >= edges[row + 1]!) row++
    counts[row]! += recorded
  }
  const rows = counts.map((recorded, row) => ({ low: edges[row]!, high: edges[row + 1]!, count: recorded }))
  const filled = rows.filter((row) => row.count > 0)
  return rows.slice(rows.indexOf(filled[0]!), rows.indexOf(filled.at(-1)!) + 1)
}

function preferredNumber(step: number, steps: number): number {
  return Number((10 ** (step / steps)).toPrecision(steps > 24 ? 3 : 2))
}

function bar(length: number): string {
  const parts = Math.ceil(length * 8)
  return '█'.repeat(Math.floor(parts / 8)) + eighths[parts % 8]!
}
