/** Where values lie along an axis, in pixels, and which of them are marked. */
export interface Axis {
  readonly low: number
  readonly high: number
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
  readonly isLogarithmic: boolean
}

interface Span {
  readonly low: number
  readonly high: number
  /** Pixels of both ends. */
  readonly from: number
  readonly to: number
}

/** Highest ÷ lowest value: a wider range is drawn on a logarithmic axis. */
const maxLinearRatio = 20
const maxTicks = 6
/** Factors of a power of ten at which a logarithmic axis may have ticks. */
const subdivisions = [[1, 2, 5], [1, 3], [1]]

/** From zero, or logarithmic where values differ too much for that. */
export function latencyAxis(values: readonly number[], from: number, to: number): Axis {
  const drawable = values.filter((value) => Number.isFinite(value) && value > 0)
  const [low, high] = drawable.length === 0 ? [0, 1] : [Math.min(...drawable), Math.max(...drawable)]
  return low > 0 && high / low > maxLinearRatio
    ? logarithmicAxis({ low: low / 1.1, high: high * 1.1, from, to })
    : linearAxis({ low: 0, high: high * 1.08, from, to })
}

/** Ticks are round numbers: 1, 2 or 5 times a power of ten apart. */
export function linearAxis({ low, high, from, to }: Span): Axis {
  const span = high > low ? high - low : 1
  const step = roundUp(span / maxTicks)
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor((low + span) / step - first + 1e-9) + 1
  return {
    low,
    high: low + span,
    at: (value) => from + ((value - low) / span) * (to - from),
    ticks: Array.from({ length: count }, (_, nth) => Number(((first + nth) * step).toPrecision(12))),
    isLogarithmic: false,
  }
}

/** Ticks are powers of ten, and 2 and 5 (or 3) times them where there is room. */
export function logarithmicAxis({ low, high, from, to }: Span): Axis {
  const [begin, end] = [Math.log10(low), Math.log10(high)]
  const powers = Array.from({ length: Math.floor(end) - Math.floor(begin) + 1 }, (_, nth) => Math.floor(begin) + nth)
  const candidates = subdivisions.map((factors) =>
    powers
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((tick) => tick >= low && tick <= high),
  )
  return {
    low,
    high,
    at: (value) => from + ((Math.log10(value) - begin) / (end - begin)) * (to - from),
    ticks: candidates.find(({ length }) => length <= maxTicks + 2) ?? candidates.at(-1)!,
    isLogarithmic: true,
  }
}

function roundUp(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step))
  return ([1, 2, 5].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10) * power
}
