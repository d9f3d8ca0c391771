import type { Change, ComparisonVerdict } from '../gate/comparison.ts'
import { smallestTolerance, timesAsLong } from '../gate/sensitivity.ts'
import { wrap } from '../report/layout.ts'
import { formatRatio } from '../units.ts'

/** Tolerances that are easily said; with more a gate sees nothing. */
const roundTolerances = [0.02, 0.03, 0.04, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5]
/** Seconds that are easily said, up to the longest that the doctor tries. */
const roundSeconds = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1_200, 1_800, 2_700, 3_600]

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
  const optionsWith = (tolerance: readonly string[], longest = seconds): string =>
    `  tolerance: { ${tolerance.join(', ')} }, maxDuration: '${longest}s'`
  const longer = longerFor(latenciesIn(changes), seconds)
  const isByFallback = verdict === 'same' && reasons.length > 0
  return [
    ...(figures.length === 0
      ? []
      : ['\nWith this two servers that do the same are told to be the same here:', optionsWith(figures)]),
    ...(longer === undefined
      ? []
      : [
          '\nWith the default tolerances they should be in about this time (not tried):',
          optionsWith(latenciesIn(changes).map(defaultOf), longer),
        ]),
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

/** Seconds in which what is allowed by default should be enough; `undefined` where it is, or no such time is known. */
function longerFor(latencies: readonly Change[], seconds: number): number | undefined {
  const times = Math.max(...latencies.map(timesAsLong))
  return times > 1 ? roundSeconds.find((round) => round >= times * seconds) : undefined
}

function defaultOf({ indicator, tolerance }: Change): string {
  return `${indicator}: '${inPercent(tolerance)}'`
}

function inPercent(tolerance: number): string {
  return formatRatio(tolerance).replaceAll(/[ ,]/g, '')
}

/** The smallest of the round tolerances that is enough for a change like this, and not below `least`. */
function toleranceFor(change: Change, least: number): string[] {
  const enough = Math.max(smallestTolerance(change), least)
  const tolerance = roundTolerances.find((round) => round >= enough)
  return tolerance === undefined ? [] : [`${change.indicator}: '${inPercent(tolerance)}'`]
}
