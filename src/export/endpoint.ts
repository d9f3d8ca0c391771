/** Whether a text is an address that metrics can be sent to. */
export function isEndpoint(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  try {
    credentialsOf(url)
    return true
  } catch {
    return false
  }
}

/**
 * An address without its user and password, and the headers that have them instead: basic authentication.
 * @param endpoint one that {@link isEndpoint}
 */
export function openEndpoint(endpoint: string): {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
} {
  const url = new URL(endpoint)
  const credentials = credentialsOf(url)
  url.username = ''
  url.password = ''
  return { url, headers: credentials === ':' ? {} : { authorization: `Basic ${toBase64(credentials)}` } }
}

/** A path below that of an address. */
export function below(url: URL, path: string): URL {
  const longer = new URL(url)
  longer.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`
  return longer
}

/** Of a text, in UTF-8. */
export function toBase64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCodePoint(byte)).join(''))
}

/** @throws {URIError} where they cannot be decoded */
function credentialsOf({ username, password }: URL): string {
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
}
