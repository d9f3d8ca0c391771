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
  const times: number[] = []
  for (let time = firstLookMs; time * spacingFactor <= longest; time *= spacingFactor) times.push(time)
  return [...times, longest]
}

/** After how many of so many runs they are looked at together: after {@link fewestRuns} for the first time, then spaced as {@link lookTimes}. */
export function lookRuns(runs: number): number[] {
  const looks: number[] = []
  for (let taken = fewestRuns; taken * spacingFactor <= runs; taken = Math.ceil(taken * spacingFactor))
    looks.push(taken)
  return [...looks, runs]
}
