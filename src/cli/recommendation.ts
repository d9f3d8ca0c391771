import type { Change, ComparisonVerdict } from '../gate/comparison.ts'
import { smallestTolerance } from '../gate/sensitivity.ts'
import { wrap } from '../report/layout.ts'
import { formatRatio } from '../units.ts'

/** Tolerances that are easily said; with more a gate sees nothing. */
const roundTolerances = [0.02, 0.03, 0.04, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5]

/** How two servers that do the same were judged, at the end of a comparison that may fall back on the processor time per answer. */
export type JudgedAlike = Pick<ComparisonVerdict, 'verdict' | 'reasons' | 'changes'>

export function latenciesIn(changes: readonly Change[]): Change[] {
  return changes.filter(({ indicator }) => indicator !== 'errorRate' && indicator !== 'cpuPerPing')
}

/** The processor time per answer, where both servers could be watched. */
export function workIn(changes: readonly Change[]): Change[] {
  return changes.filter(({ indicator, change }) => indicator === 'cpuPerPing' && !Number.isNaN(change))
}

/** Options with which two servers that do the same are told to be the same, to paste; nothing where none does that. */
export function recommend({ verdict, reasons, changes }: JudgedAlike, seconds: number): string[] {
  const ofWork = workIn(changes).flatMap((change) => toleranceFor(change, change.tolerance))
  // What so few pings leave open of their failures; enough of them are within what is usual.
  const ofErrors = changes
    .filter(({ indicator, high, allowed }) => indicator === 'errorRate' && high >= allowed)
    .flatMap((change) => toleranceFor(change, change.high))
  const latencies = latenciesIn(changes).flatMap((change) => toleranceFor(change, roundTolerances[0]!))
  const figures = latencies.length === 0 ? ofWork : [...latencies, ...ofErrors, ...ofWork]
  const optionsWith = (tolerance: readonly string[]): string =>
    `  tolerance: { ${tolerance.join(', ')} }, maxDuration: '${seconds}s'`
  const isByFallback = verdict === 'same' && reasons.length > 0
  return [
    ...(figures.length === 0
      ? []
      : ['\nWith this two servers that do the same are told to be the same here:', optionsWith(figures)]),
    ...(isByFallback
      ? [
          '\nOr with this, which leaves to the processor time what others on this machine leave undecided:',
          optionsWith([...ofWork, "fallback: 'cpuPerPing'"]),
          ...reasons.flatMap((reason) => wrap(reason, '  ')),
          '  A head that only waits longer passes with it where its latency cannot be told.',
        ]
      : []),
  ]
}

/** The smallest of the round tolerances that is enough for a change like this, and not below `least`. */
function toleranceFor(change: Change, least: number): string[] {
  const enough = Math.max(smallestTolerance(change), least)
  const tolerance = roundTolerances.find((round) => round >= enough)
  return tolerance === undefined ? [] : [`${change.indicator}: '${formatRatio(tolerance).replaceAll(/[ ,]/g, '')}'`]
}
