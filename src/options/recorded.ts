import type { RecordedOptions } from '../result/recorded-options.ts'
import { withoutSecrets } from '../secrets.ts'
import type { ResolvedOptions } from './options.ts'
import { recordedProbe } from './probe.ts'

/** The options of a run as plain data for the summary: no secrets (a subprotocol can carry a token), no functions. */
export function recordOptions(options: ResolvedOptions): RecordedOptions {
  const {
    stages,
    startRate,
    arrivals,
    inFlight,
    pings,
    until,
    duration,
    headers,
    tls,
    connectRate,
    sessionRate,
    reconnect,
    fanOut,
    machines,
    url,
    ...rest
  } = options
  const constantRate = stages?.length === 1 && stages[0]!.duration === Infinity
  return {
    url: url === undefined ? undefined : withoutSecrets(new URL(url).href),
    ...rest,
    ...(until !== undefined
      ? { until: until.slo, maxDuration: duration }
      : pings === undefined
        ? { duration }
        : { pings }),
    ...(stages === undefined
      ? { inFlight }
      : constantRate
        ? { rate: startRate, arrivals }
        : { stages, rate: startRate, arrivals }),
    ...(Number.isFinite(connectRate) && { connectRate }),
    ...(Number.isFinite(sessionRate) && { sessionRate }),
    ...(reconnect !== undefined && { reconnect: recordReconnect(reconnect) }),
    ...(fanOut !== undefined && { fanOut }),
    ...(machines !== undefined && { machines: { agents: machines.agents, group: machines.group } }),
    probe: recordedProbe(options.probe),
    payloadBytes: options.probe.payloadBytes,
    headers: Object.fromEntries(Object.keys(headers).map((name) => [name, '[masked]'])),
    protocols: options.protocols.map(() => '[masked]'),
    tls: Object.fromEntries(
      Object.keys(tls).map((name) => [name, name === 'rejectUnauthorized' ? tls[name] : '[masked]']),
    ),
  }
}

function recordReconnect({ max, backoff }: NonNullable<ResolvedOptions['reconnect']>): RecordedOptions['reconnect'] {
  return { ...(Number.isFinite(max) && { max }), backoff }
}
