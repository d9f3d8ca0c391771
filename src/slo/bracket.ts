/** What was measured, and between which values the truth lies given what the generator could see. */
export interface Bracket {
  readonly measured: number
  readonly floor: number
  readonly ceiling: number
}

/** Floors and ceilings that differ by no more than this share of the ceiling are printed as one value. */
const negligibleWidthShare = 0.05

/** Between which values a bracket is shown to lie: as measured where its ends differ by no more than 5 %. */
export function shownEnds({ measured, floor, ceiling }: Bracket): { readonly low: number; readonly high: number } {
  const isOpen = ceiling === Infinity && floor < Infinity
  return isOpen || ceiling - floor > negligibleWidthShare * ceiling
    ? { low: floor, high: ceiling }
    : { low: measured, high: measured }
}

/** Prints one value, or its range where floor and ceiling differ by more than 5 %: `4.98 ms`, `380 µs … 1.07 ms`, `≥ 4k/s`. */
export function formatBracket(bracket: Bracket, format: (value: number) => string): string {
  const { low, high } = shownEnds(bracket)
  if (Object.is(low, high)) return format(low)
  return high === Infinity ? `≥ ${format(low)}` : formatRange(low, high, format)
}

/** Prints a range, its unit once where both ends have the same: `0.38 … 1.07 ms`, `3.96 … 4.05k/s`. */
export function formatRange(low: number, high: number, format: (value: number) => string): string {
  const [from, to] = [split(format(low)), split(format(high))]
  return `${from.unit === to.unit || low === 0 ? from.number : format(low)} … ${format(high)}`
}

function split(text: string): { number: string; unit: string } {
  const [, number = '', unit = ''] = /^([\d.,]*)(.*)$/.exec(text) ?? []
  return { number, unit }
}
