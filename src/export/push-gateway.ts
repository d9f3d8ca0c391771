import { withoutSecrets } from '../secrets.ts'
import type { NamedRun } from './named-run.ts'
import { toOpenMetrics } from './open-metrics.ts'

const job = 'ws-load'
const timeoutMs = 10_000

/**
 * Pushes a run to a Pushgateway of Prometheus, in place of what was pushed under its name: the group of metrics whose `job` is `ws-load`, and
 * whose `run` is the name.
 * @param gateway its `http:` or `https:` URL; a user and a password in it are sent as basic authentication
 * @throws {Error} when it does not answer within 10 s, or refuses; without secrets
 * @see https://github.com/prometheus/pushgateway#api
 */
export async function pushMetrics(gateway: string, run: NamedRun): Promise<void> {
  const { href, headers } = addressOf(gateway, run.name)
  let answer: Response
  try {
    answer = await fetch(href, {
      method: 'PUT',
      body: toOpenMetrics([run]),
      headers: { 'content-type': 'text/plain; version=0.0.4', ...headers },
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (error) {
    const { message, cause } = error as Error
    throw new Error(`${withoutSecrets(gateway)} does not answer: ${cause instanceof Error ? cause.message : message}`, {
      cause: error,
    })
  }
  if (answer.ok) return
  const words = (await answer.text()).trim()
  throw new Error(`${withoutSecrets(gateway)} refused: HTTP ${answer.status}${words === '' ? '' : `, ${words}`}`)
}

/** Whether a text is the URL of a gateway. */
export function isGateway(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '')
}

/** A name may have slashes, which a path would not: Base64 may be in it instead. */
function addressOf(gateway: string, name: string): { href: string; headers: Readonly<Record<string, string>> } {
  const url = new URL(gateway)
  const { username, password, pathname } = url
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers = username === '' ? {} : { authorization: `Basic ${toBase64(user)}` }
  url.username = ''
  url.password = ''
  url.search = ''
  url.pathname = `${pathname.replace(/\/$/, '')}/metrics/job/${job}/run@base64/${toBase64(name).replaceAll('+', '-').replaceAll('/', '_')}`
  return { href: url.href, headers }
}

function toBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)))
}
