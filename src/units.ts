const millisecondsPer = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1e3],
  ['m', 6e4],
  ['min', 6e4],
  ['h', 3.6e6],
])

const secondsPer = new Map([
  ['s', 1],
  ['m', 60],
  ['min', 60],
  ['h', 3600],
])

const multiplier = new Map([
  ['', 1],
  ['k', 1e3],
  ['K', 1e3],
  ['M', 1e6],
])

/** What {@link parseDuration} reads, in words, for messages. */
export const durationForms = "milliseconds or a text like '250us', '20ms', '5s', '2m'"

/** What {@link parseRate} reads, in words, for messages. */
export const rateForms = "a number per second or a text like '500/s', '5k/s', '300k/m'"

/** What {@link parseRatio} reads, in words, for messages. */
export const ratioForms = "a ratio from 0 to 1 or a text like '0.1%'"

/**
 * Reads a duration: a number of milliseconds, or a number with one of the units ns, us, ms, s, m, h.
 * @returns milliseconds, or `undefined` for anything else
 */
export function parseDuration(text: unknown): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined
  if (typeof text !== 'string') return undefined
  const [, digits, unit = 'ms'] = /^\s*(-?\d+(?:\.\d+)?)\s*([a-zµμ]+)?\s*$/.exec(text) ?? []
  const factor = millisecondsPer.get(unit)
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor
}

/**
 * Reads a rate: a number per second, or a number with an optional k or M and `/s`, `/m` or `/h`.
 * @returns events per second, or `undefined` for anything else
 */
export function parseRate(text: unknown): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined
  if (typeof text !== 'string') return undefined
  const [, digits, scale = '', unit = 's'] = /^\s*(\d+(?:\.\d+)?)\s*([kKM])?\s*(?:\/\s*([a-z]+))?\s*$/.exec(text) ?? []
  const factor = multiplier.get(scale)
  const seconds = secondsPer.get(unit)
  if (digits === undefined || factor === undefined || seconds === undefined) return undefined
  return (Number(digits) * factor) / seconds
}

/**
 * Reads a share: a ratio from 0 to 1, or a percentage with its sign.
 * @returns a ratio, or `undefined` for anything else
 */
export function parseRatio(text: unknown): number | undefined {
  if (typeof text === 'number') return text >= 0 && text <= 1 ? text : undefined
  if (typeof text !== 'string') return undefined
  const [, digits, percent] = /^\s*(\d+(?:\.\d+)?)\s*(%)?\s*$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const ratio = Number(digits) / (percent === undefined ? 1 : 100)
  return ratio <= 1 ? ratio : undefined
}

/** Prints milliseconds with three significant digits in the unit that reads best: `850 ns`, `12.3 µs`, `4.56 ms`, `1.2 s`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return Number.isNaN(ms) ? '-' : '∞'
  const size = Math.abs(ms)
  if (size === 0) return '0 ms'
  if (size < 0.999_5e-3) return `${threeDigits(ms * 1e6)} ns`
  if (size < 0.999_5) return `${threeDigits(ms * 1e3)} µs`
  if (size < 999.5) return `${threeDigits(ms)} ms`
  if (size < 120_000) return `${threeDigits(ms / 1e3)} s`
  return `${threeDigits(ms / 6e4)} min`
}

/** Prints a rate per second with three significant digits: `950/s`, `12.3k/s`, `2.35M/s`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '-'
  if (perSecond < 999.5) return `${threeDigits(perSecond)}/s`
  if (perSecond < 999_500) return `${threeDigits(perSecond / 1e3)}k/s`
  return `${threeDigits(perSecond / 1e6)}M/s`
}

/** Prints a ratio as a percentage: `0 %`, `0.0123 %`, `12.3 %`. */
export function formatRatio(ratio: number): string {
  return Number.isFinite(ratio) ? `${threeDigits(ratio * 100)} %` : '-'
}

/** Prints a count with thousands separated: `1,234,567`. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? count.toLocaleString('en-US') : '-'
}

function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)))
}
