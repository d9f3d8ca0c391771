/** Debian's Pushgateway of Prometheus. */
import { accepting } from './accepting.ts'
import { type Child, findProgram, startChild } from './child.ts'
import { freePort } from './processes.ts'

export type Pushgateway = Child & { readonly url: string }

/** Why it cannot be had here, for a skipped test to say; `undefined` when it can. */
export function pushgatewayMissing(): string | undefined {
  return findProgram('prometheus-pushgateway') === undefined
    ? 'there is no prometheus-pushgateway: apt-get install prometheus-pushgateway'
    : undefined
}

export async function pushgateway(): Promise<Pushgateway> {
  const port = await freePort()
  // Debian's keeps what it was given, also for the next one.
  const args = [`--web.listen-address=127.0.0.1:${port}`, '--persistence.file=']
  const child = await startChild(findProgram('prometheus-pushgateway')!, args, (_, ended) => accepting(port, ended))
  return { ...child, url: `http://127.0.0.1:${port}` }
}
