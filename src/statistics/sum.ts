/** The sum of all values; 0 of none. */
export function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let nth = 0; nth < values.length; nth++) total += values[nth]!
  return total
}

/** The sums of series of the same length, value by value. */
export function sumEach(first: Float64Array, ...others: readonly Float64Array[]): Float64Array {
  return first.map((value, nth) => others.reduce((total, other) => total + other[nth]!, value))
}
