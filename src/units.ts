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

const bytesPer = new Map([
  ['B', 1],
  ['kB', 1e3],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
])

/** Significant digits that a value is printed with, and those that a floating-point number has. */
const [usualDigits, mostDigits] = [3, 15]

/** What {@link parseDuration} reads, in words, for messages. */
export const durationForms = "milliseconds or a text like '250us', '20ms', '5s', '2m'"

/** What {@link parseRate} reads, in words, for messages. */
export const rateForms = "a number per second or a text like '500/s', '5k/s', '300k/m'"

/** What {@link parseRatio} reads, in words, for messages. */
export const ratioForms = "a ratio from 0 to 1 or a text like '0.1%'"

/** What {@link parseBytes} reads, in words, for messages. */
export const bytesForms = "bytes or a text like '300MB', '512MiB', '2GiB'"

/** What {@link parseProcessors} reads, in words, for messages. */
export const processorsForms = 'a number of processors like 0.8'

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

/** Whether a share is written as one: `10` is most likely 10 %, and no 1,000 %. From 100 % on it has its sign. */
export function isMeantAsShare(share: number, given: unknown): boolean {
  return share < 1 || (share < Infinity && typeof given === 'string' && given.includes('%'))
}

/**
 * Reads a size: a number of bytes, or a number with one of the units B, kB, MB, GB, KiB, MiB, GiB.
 * @returns bytes, or `undefined` for anything else
 */
export function parseBytes(text: unknown): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined
  if (typeof text !== 'string') return undefined
  const [, digits, unit = 'B'] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)?\s*$/.exec(text) ?? []
  const factor = bytesPer.get(unit)
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor
}

/** Reads how many processors are used on average: 0.8 is one for 80 % of the time. */
export function parseProcessors(text: unknown): number | undefined {
  return /^\s*\d+(\.\d+)?\s*$/.test(String(text)) ? Number(text) : undefined
}

/** Prints milliseconds with three significant digits in the unit that reads best: `850 ns`, `12.3 µs`, `4.56 ms`, `1.2 s`. */
export function formatDuration(ms: number): string {
  return formatDurationTo(ms, usualDigits)
}

/** {@link formatDuration} with so many significant digits. */
export function formatDurationTo(ms: number, digits: number): string {
  if (!Number.isFinite(ms)) return Number.isNaN(ms) ? '-' : '∞'
  const size = Math.abs(ms)
  if (size === 0) return '0 ms'
  if (size < 0.999_5e-3) return `${rounded(ms * 1e6, digits)} ns`
  if (size < 0.999_5) return `${rounded(ms * 1e3, digits)} µs`
  if (size < 999.5) return `${rounded(ms, digits)} ms`
  if (size < 120_000) return `${rounded(ms / 1e3, digits)} s`
  if (size < 7_200_000) return `${rounded(ms / 6e4, digits)} min`
  return `${rounded(ms / 3.6e6, digits)} h`
}

/** Prints a rate per second with three significant digits: `950/s`, `12.3k/s`, `2.35M/s`. */
export function formatRate(perSecond: number): string {
  return formatRateTo(perSecond, usualDigits)
}

/** {@link formatRate} with so many significant digits. */
export function formatRateTo(perSecond: number, digits: number): string {
  if (!Number.isFinite(perSecond)) return '-'
  if (perSecond < 999.5) return `${rounded(perSecond, digits)}/s`
  if (perSecond < 999_500) return `${rounded(perSecond / 1e3, digits)}k/s`
  return `${rounded(perSecond / 1e6, digits)}M/s`
}

/** Prints a ratio as a percentage with three significant digits: `0 %`, `0.0123 %`, `12.3 %`, `1,230 %`. */
export function formatRatio(ratio: number): string {
  return formatRatioTo(ratio, usualDigits)
}

/** {@link formatRatio} with so many significant digits. */
export function formatRatioTo(ratio: number, digits: number): string {
  return Number.isFinite(ratio) ? `${percentage(ratio, digits)} %` : '-'
}

/** Prints the difference of two ratios in percentage points with so many significant digits: `0.7 pp`. */
export function formatPointsTo(difference: number, digits: number): string {
  return Number.isFinite(difference) ? `${percentage(difference, digits)} pp` : '-'
}

/** Prints the difference of two ratios in percentage points with three significant digits. */
export function formatPoints(difference: number): string {
  return formatPointsTo(difference, usualDigits)
}

/** Prints a value with so many significant digits. */
export type FormatTo = (value: number, digits: number) => string

/** A format with as many digits as tell a value from another one that it is held against: `19.98 ms` beside 20 ms. */
export function beside(other: number, format: FormatTo): (value: number) => string {
  return (value) => format(value, digitsBeside(other, value, format))
}

/** How many digits {@link beside} takes: three, or more where the two read alike and are not. */
export function digitsBeside(other: number, value: number, format: FormatTo): number {
  if (value === other) return usualDigits
  return firstDigits((digits) => format(value, digits) !== format(other, digits))
}

/** How many digits tell values from each other: three, or more where two of them read alike and are not. */
export function digitsAmong(values: readonly number[], format: FormatTo): number {
  const perPair = values.flatMap((value, nth) =>
    values.slice(nth + 1).map((other) => digitsBeside(other, value, format)),
  )
  return Math.max(usualDigits, ...perPair)
}

/** Prints a size with three significant digits, in units of 1,024: `512 B`, `61.3 MiB`, `-1.2 MiB`. */
export function formatBytes(bytes: number): string {
  return formatBytesTo(bytes, usualDigits)
}

/** {@link formatBytes} with so many significant digits. */
export function formatBytesTo(bytes: number, digits: number): string {
  if (!Number.isFinite(bytes)) return '-'
  const [unit, size] = (['GiB', 'MiB', 'KiB'] as const)
    .map((name) => [name, bytesPer.get(name)!] as const)
    .find(([, one]) => Math.abs(bytes) >= one) ?? ['B', 1]
  return `${rounded(bytes / size, digits)} ${unit}`
}

/** Prints how many processors were used on average, with three significant digits: `0.572`. */
export function formatProcessors(processors: number): string {
  return formatProcessorsTo(processors, usualDigits)
}

/** {@link formatProcessors} with so many significant digits. */
export function formatProcessorsTo(processors: number, digits: number): string {
  return Number.isFinite(processors) ? rounded(processors, digits) : '-'
}

/** Prints a count with thousands separated: `1,234,567`. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? count.toLocaleString('en-US') : '-'
}

/** Prints how many there are of something whose plural ends in s: `1 connection`, `1,000 connections`. */
export function formatCounted(count: number, noun: string): string {
  return `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`
}

function rounded(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)))
}

/** From three digits on, the fewest with which something is so. */
function firstDigits(isSo: (digits: number) => boolean): number {
  let digits = usualDigits
  while (digits < mostDigits && !isSo(digits)) digits++
  return digits
}

/** What is not the whole does not read as 100 %. */
function percentage(ratio: number, digits: number): string {
  const rounded = (precision: number): number => Number((ratio * 100).toPrecision(precision))
  const isRight = ratio === 1 || rounded(digits) !== 100
  const percent = rounded(isRight ? digits : firstDigits((more) => rounded(more) !== 100))
  return Math.abs(percent) < 1_000 ? String(percent) : formatCount(percent)
}
