import { closest, distance } from 'fastest-levenshtein'
import { beginningOf } from './printable.ts'
import { withoutSecrets } from './secrets.ts'

/** Characters of a text that {@link show} shows. */
const longestShown = 60

/** A value as an error shows it: short, on one line, and of a URL only what anyone may know. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(/^\w+:\/|@/.test(value) ? withoutSecrets(value) : value))
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (ArrayBuffer.isView(value)) return `a buffer of ${value.byteLength} bytes`
  if (typeof value === 'object' && value !== null) return `an object (${cut(Object.keys(value).join(', '))})`
  return String(value)
}

/** Whether {@link show} shows all of a text. */
export function isShownWhole(text: string): boolean {
  return show(text) === JSON.stringify(text)
}

/** A value that nobody else may know, as an error shows it. */
export function showKind(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length} ${value.length === 1 ? 'character' : 'characters'}`
  return typeof value === 'number' ? 'a number' : show(value)
}

/** Ends an error about an unknown name: `, did you mean "connections"?`, or nothing when no candidate is near. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return ''
  const nearest = closest(name, candidates)
  return distance(name, nearest) <= Math.max(2, name.length / 3) ? `, did you mean "${nearest}"?` : ''
}

/** What is said of a field that is none of those that there are. */
export function noSuchOption(name: string, names: readonly string[]): string {
  return `no such option${didYouMean(name, names)}`
}

/** What is said of each such field of an input. */
export function noSuchOptions(given: object, names: readonly string[]): string[] {
  return Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => `${name}: ${noSuchOption(name, names)}`)
}

/** Why nothing answered: of a name with several addresses, what became of each. */
export function whyUnanswered(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(whyUnanswered).join(', ')
  const { message = '', cause } = error instanceof Error ? error : {}
  return cause instanceof Error ? whyUnanswered(cause) : message
}

/** A text's beginning, and `…` where that is not all of it. */
export function cut(text: string, longest = longestShown): string {
  return text.length > longest ? `${beginningOf(text, longest)}…` : text
}
