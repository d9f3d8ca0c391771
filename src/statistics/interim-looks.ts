const firstLookMs = 1_000
const spacingFactor = 1.5

/** An interim look decides on this share of the evidence, so that the pings still under way hardly change the verdict. */
export const interimEvidenceShare = 0.75

/** Runs that an interval needs whose unit is a run, at least. */
export const fewestRuns = 8

/**
 * When a run of at most `longest` milliseconds is looked at, to end it as soon as it is decided: milliseconds, after 1 s
 * for the first time, each time half as late again, and at the end.
 */
export function lookTimes(longest: number): number[] {
  return spaced(firstLookMs, longest, (time) => time * spacingFactor)
}

/** After how many of so many runs they are looked at together: after {@link fewestRuns} for the first time, then spaced as {@link lookTimes}. */
export function lookRuns(runs: number): number[] {
  return spaced(fewestRuns, runs, (taken) => Math.ceil(taken * spacingFactor))
}

function spaced(first: number, last: number, next: (look: number) => number): number[] {
  const looks: number[] = []
  for (let look = first; look * spacingFactor <= last; look = next(look)) looks.push(look)
  return [...looks, last]
}
