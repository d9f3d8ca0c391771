import type { Change } from './comparison.ts'

/**
 * The smallest regression that a comparison would surely have called slower, given how far a comparison of two servers that do
 * the same was off, and how wide its interval: 0.05 is 5 % more. Infinity if its interval has no end.
 */
export function smallestRegression({ change, high, allowed }: Change): number {
  const halfWidth = Math.log1p(high) - Math.log1p(change)
  const bias = Math.abs(Math.log1p(change))
  return Number.isNaN(change) ? Infinity : (1 + allowed) * Math.exp(halfWidth + bias) - 1
}
