const first = 1_000
const growth = 1.5

/**
 * When a run of at most `longest` milliseconds is looked at, to end it as soon as it is decided: milliseconds, after 1 s
 * for the first time, each time half as late again, and at the end.
 */
export function lookTimes(longest: number): number[] {
  const times: number[] = []
  for (let time = first; time * growth <= longest; time *= growth) times.push(time)
  return [...times, longest]
}
