import type { LoadResult, ServerReport } from '../result/load-result.ts'
import { type Evidence, evidenceFor } from '../slo/evidence.ts'
import { findIndicator } from '../slo/indicator.ts'
import { observeRun } from '../slo/observation.ts'
import { misplacedShare } from '../slo/reading.ts'
import { ratioSpread } from '../statistics/dependence.ts'
import type { Tails } from '../statistics/share.ts'
import { sum } from '../statistics/sum.ts'
import type { ComparedFigure } from './comparison.ts'

const unknown: ComparedFigure = { base: NaN, head: NaN, change: NaN, low: NaN, high: NaN }

/**
 * The change of the processor time per answer between two floods that took turns. What drifts in a run drifts on both sides, so the
 * variance is that of the logarithm of the ratio of the two sides' ratios, over blocks that were read at the same instants.
 *
 * @param evidenceShare of the evidence that counts, above 0 to 1
 * @see Cochran, Sampling Techniques, section 6.3: ratio estimator, by linearisation
 */
export function compareWorkSideBySide(
  base: LoadResult,
  head: LoadResult,
  tails: Tails,
  evidenceShare: number,
): ComparedFigure {
  if (base.server === undefined || head.server === undefined) return unknown
  const count = Math.min(base.server.blocks.length, head.server.blocks.length)
  const before = influences(base.server, count)
  const after = influences(head.server, count)
  const differences = after.map((influence, nth) => influence - before[nth]!)
  const halfWidth = (tail: number): number =>
    ratioSpread(
      differences,
      Array.from(differences, () => 1 / count),
      tail,
    ).halfWidth / Math.sqrt(evidenceShare)
  const change = Math.log(head.server.cpuPerPing / base.server.cpuPerPing)
  const misplaced = misplacedShare(observeRun(base)) + misplacedShare(observeRun(head))
  return {
    base: base.server.cpuPerPing,
    head: head.server.cpuPerPing,
    change: Math.expm1(change),
    low: Math.expm1(change - halfWidth(tails.lower) - misplaced),
    high: Math.expm1(change + halfWidth(tails.upper) + misplaced),
  }
}

/** The same of two runs that were measured one after the other: each has an interval of its own. */
export function compareWork(
  base: LoadResult,
  head: LoadResult,
  tails: Readonly<Record<'base' | 'head', Tails>>,
): ComparedFigure {
  if (base.server === undefined || head.server === undefined) return unknown
  const before = evidenceOf(base, tails.base)
  const after = evidenceOf(head, tails.head)
  return {
    base: base.server.cpuPerPing,
    head: head.server.cpuPerPing,
    change: head.server.cpuPerPing / base.server.cpuPerPing - 1,
    low: after.low / before.high - 1,
    high: after.high / before.low - 1,
  }
}

function evidenceOf(result: LoadResult, tails: Tails): Evidence {
  return evidenceFor(observeRun(result), findIndicator('server.cpuPerPing')!, Infinity, tails)(1)
}

/** By how much each block moves the logarithm of a server's processor time per answer: of all together by nothing. */
function influences({ blocks }: ServerReport, count: number): number[] {
  const compared = blocks.slice(0, count)
  const cpu = sum(compared.map((block) => block.cpu))
  const perPing = cpu / sum(compared.map(({ pings }) => pings))
  return compared.map((block) => (block.cpu - perPing * block.pings) / cpu)
}
