import { printable } from '../printable.ts'
import { maskerOf, withoutSecrets } from '../secrets.ts'
import { whyUnanswered } from '../wording.ts'
import { below, openEndpoint, toBase64 } from './endpoint.ts'
import type { NamedRun } from './named-run.ts'
import { toPrometheusText } from './open-metrics.ts'

const job = 'ws-load'
const timeoutMs = 10_000

/**
 * Pushes a run to a Pushgateway of Prometheus, in place of what was pushed under its name: the group of metrics whose `job`
 * is `ws-load`, and whose `run` is the name.
 * @param gateway its `http:` or `https:` URL; a user and a password in it are sent as basic authentication
 * @throws {Error} when it does not answer within 10 s, or refuses; without secrets
 * @see https://github.com/prometheus/pushgateway#api
 */
export async function pushMetrics(gateway: string, run: NamedRun): Promise<void> {
  const { href, headers } = addressOf(gateway, run.name)
  const shown = withoutSecrets(gateway)
  let status: number
  let words: string
  try {
    const answer = await fetch(href, {
      method: 'PUT',
      body: toPrometheusText([run]),
      headers: { 'content-type': 'text/plain; version=0.0.4', ...headers },
      // Behind one there may be a page to log in at, which takes no metrics.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (answer.ok) {
      await answer.body?.cancel()
      return
    }
    status = answer.status
    words = await answer.text()
  } catch (error) {
    throw new Error(`${shown} does not answer: ${whyUnanswered(error)}`, { cause: error })
  }
  const said = printable(maskerOf({ url: gateway, headers })(words))
  throw new Error(`${shown} refused: HTTP ${status}${said === '' ? '' : `, ${said}`}`)
}

/** A name may have slashes, which a path would not: Base64 may be in it instead. */
function addressOf(gateway: string, name: string): { href: string; headers: Readonly<Record<string, string>> } {
  const { url, headers } = openEndpoint(gateway)
  const encoded = toBase64(name).replaceAll('+', '-').replaceAll('/', '_')
  return { href: below(url, `metrics/job/${job}/run@base64/${encoded === '' ? '=' : encoded}`).href, headers }
}
