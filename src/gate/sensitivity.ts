import type { Change } from './comparison.ts'

/**
 * The smallest regression that a comparison would surely have called slower, given how far a comparison of two servers that do
 * the same was off, and how wide its interval: 0.05 is 5 % more. Infinity if its interval has no end.
 */
export function smallestRegression({ change, low, allowed }: Change): number {
  const halfWidth = Math.log1p(change) - Math.log1p(low)
  const smallest = (1 + allowed) * Math.exp(halfWidth + Math.abs(Math.log1p(change))) - 1
  return Number.isNaN(smallest) ? Infinity : smallest
}

/**
 * The smallest tolerance with which a comparison of two servers that do the same, that goes like this one, surely ends as the same,
 * whichever of them is the base: 0.05 is 5 %. Infinity if its interval has no end.
 */
export function smallestTolerance({ change, high }: Change): number {
  const halfWidth = Math.log1p(high) - Math.log1p(change)
  const bias = Math.abs(Math.log1p(change))
  return Number.isNaN(change) ? Infinity : Math.expm1(halfWidth + bias)
}

/**
 * How many times as long a comparison of two servers that do the same would have to be to surely end as the same within what is allowed: 1 or
 * less of one that was long enough. An interval narrows with the square root of time; what they were off by stays. Infinity if its
 * interval has no end, or they were off by more than that.
 */
export function timesAsLong({ change, high, allowed }: Change): number {
  const halfWidth = Math.log1p(high) - Math.log1p(change)
  const room = Math.log1p(allowed) - Math.abs(Math.log1p(change))
  return room > 0 ? (halfWidth / room) ** 2 : Infinity
}
