import { type Observation, observeStretch } from './observation.ts'
import type { ObjectiveVerdict, Verdict } from './verdict.ts'

/** Stretches begin this many times as often as they would if they did not overlap. */
const stretchesPerLength = 10
const fromBestToWorst: readonly Verdict[] = ['pass', 'inconclusive', 'fail']

/**
 * The verdict on the worst stretch of a run: a fail before an inconclusive one before a pass, then the one that is nearest
 * to its limit or furthest beyond.
 * @param length of each stretch in milliseconds
 * @param judge is given a stretch, and how many fit into the run side by side
 * @returns `undefined` if no stretch of that length fits into the run, or none is as long as a slice of it
 */
export function worstStretch(
  run: Observation,
  length: number,
  judge: (stretch: Observation, sideBySide: number) => ObjectiveVerdict,
): ObjectiveVerdict | undefined {
  const slicesOfStretch = Math.round(length / run.slices.length)
  const slicesOfRun = run.slices.completedAfter(run.duration)
  if (run.slices.length > length || slicesOfStretch > slicesOfRun) return undefined
  const sideBySide = Math.ceil(slicesOfRun / slicesOfStretch)
  return firstSlices(slicesOfRun, slicesOfStretch)
    .map((first) => judge(observeStretch(run, first, slicesOfStretch), sideBySide))
    .reduce((worst, verdict) => (isWorse(verdict, worst) ? verdict : worst))
}

/** The slices that stretches begin with; the last stretch ends with the run. */
function firstSlices(slicesOfRun: number, slicesOfStretch: number): number[] {
  const last = slicesOfRun - slicesOfStretch
  const step = Math.max(1, Math.floor(slicesOfStretch / stretchesPerLength))
  return Array.from({ length: Math.ceil(last / step) + 1 }, (_, nth) => Math.min(nth * step, last))
}

function isWorse(one: ObjectiveVerdict, other: ObjectiveVerdict): boolean {
  const difference = fromBestToWorst.indexOf(one.verdict) - fromBestToWorst.indexOf(other.verdict)
  return difference === 0 ? one.excess > other.excess : difference > 0
}
