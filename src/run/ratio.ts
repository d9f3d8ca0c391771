/** A part of a whole: 0 of nothing, and never infinite. */
export function ratio(part: number, whole: number): number {
  return whole > 0 ? Math.min(part / whole, Number.MAX_VALUE) : 0
}
