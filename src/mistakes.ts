import { closest, distance } from 'fastest-levenshtein'

const longest = 60

/** A value as an error shows it: short, on one line, and of a URL only what anyone may know. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value.includes('//') ? withoutSecrets(value) : value))
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (ArrayBuffer.isView(value)) return `a buffer of ${value.byteLength} bytes`
  if (typeof value === 'object' && value !== null) return `an object (${cut(Object.keys(value).join(', '))})`
  return String(value)
}

/** A value that nobody else may know, as an error shows it. */
export function showKind(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length} ${value.length === 1 ? 'character' : 'characters'}`
  return typeof value === 'number' ? 'a number' : show(value)
}

/**
 * A URL, or a text that was meant to be one, with its user, its password, the values in its query and its fragment
 * masked; without them as it was given.
 */
export function withoutSecrets(address: string): string {
  const url = URL.parse(address)
  if (url === null || url.host === '') {
    return address
      .replace(/^(\w+:\/\/)?[^?#]*@/, '$1masked@')
      .replace(/(?<=\?)[^#]+/, maskQuery)
      .replace(/(?<=#).+$/s, 'masked')
  }
  if (`${url.username}${url.password}${url.search}${url.hash}` === '') return address
  if (url.username !== '') url.username = 'masked'
  if (url.password !== '') url.password = 'masked'
  url.search = url.search.replace(/(?<=\?).+/, maskQuery)
  if (url.hash !== '') url.hash = 'masked'
  return url.href
}

/** `name=masked`; where there is no name, all of it may be a secret. */
function maskQuery(query: string): string {
  return query.replaceAll(/([^&=]+=)?[^&]+/g, '$1masked')
}

/** Ends an error about an unknown name: `, did you mean "connections"?`, or nothing when no candidate is near. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return ''
  const nearest = closest(name, candidates)
  return distance(name, nearest) <= Math.max(2, name.length / 3) ? `, did you mean "${nearest}"?` : ''
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
