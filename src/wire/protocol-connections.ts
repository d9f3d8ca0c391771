import { validateHeaderName, validateHeaderValue } from 'node:http'
import { withoutSecrets } from '../secrets.ts'
import { show, showKind } from '../wording.ts'
import type { OwnHandshake, ProbeContext } from './probe.ts'
import type {
  FanOutMember,
  FanOutProtocol,
  MessageContext,
  Protocol,
  ProtocolConnection,
  ProtocolHeaders,
} from './protocol.ts'
import { UnusableProbe } from './unusable-probe.ts'

/** The state is known once the session is over, the connection when there is one. Its part is that of a fan-out, and missing elsewhere. */
export type StatefulContext = { -readonly [name in keyof MessageContext]: MessageContext[name] } & FanOutMember

const noConnection: ProtocolConnection = { send: () => {}, close: () => {}, signal: AbortSignal.abort() }

/** One connection of a protocol: what its functions are given, and what it asks for in its handshake. */
export interface ConnectionSetup {
  readonly context: StatefulContext
  readonly asked: OwnHandshake
}

/**
 * Makes what is each connection's own, before any of them opens.
 * @param given the probe's `data`
 * @param file that the protocol is in, for messages
 * @throws {UnusableProbe} with what is wrong for the first connection it is wrong for
 */
export function connectionsOf(
  protocol: Protocol | FanOutProtocol,
  given: unknown,
  { asked, toOneServer, firstConnection, ownConnections, members }: ProbeContext,
  file: string,
): ConnectionSetup[] {
  const { subprotocols = [] } = protocol
  const own = { ...asked, protocols: asked.protocols.length > 0 ? asked.protocols : [subprotocols].flat() }
  return Array.from({ length: ownConnections }, (_, nth) => {
    const { index, ...part } = members?.[nth] ?? { index: firstConnection + nth }
    const member = part as FanOutMember
    const attempt = <Value>(name: string, make: () => Value): Value => {
      try {
        return make()
      } catch (error) {
        if (error instanceof UnusableProbe) throw error
        throw new UnusableProbe([`probe.protocol.${name}: ${reasonOf(error)}, for connection ${index} (${file})`])
      }
    }
    const data = attempt('data', () => dataOf(protocol, index, given, member))
    const url = attempt('url', () => urlOf(protocol, index, data, { base: asked.url, toOneServer, member }))
    const headers = attempt('headers', () => headersOf(protocol, index, data, member))
    return {
      context: { ...member, index, state: undefined, data, connection: noConnection },
      asked: { ...own, data, url, headers: headers === undefined ? asked.headers : over(headers, asked.headers) },
    }
  })
}

function dataOf({ data }: Protocol | FanOutProtocol, index: number, given: unknown, member: FanOutMember): unknown {
  return typeof data === 'function'
    ? (data as (index: number, given: unknown, member: FanOutMember) => unknown)(index, given, member)
    : (given ?? data)
}

function urlOf(
  { url }: Protocol | FanOutProtocol,
  index: number,
  data: unknown,
  { base, toOneServer, member }: { base: string; toOneServer: boolean; member: FanOutMember },
): string {
  if (url === undefined) return base
  const own = String(typeof url === 'function' ? url(index, data, base, member) : url)
  const parsed = URL.parse(own, base)
  if (parsed === null || !/^wss?:$/.test(parsed.protocol) || parsed.hash !== '') {
    throw new Mistake(
      `expected a ws:// or wss:// URL without a fragment, or one relative to the run's, got ${show(withoutSecrets(own))}`,
    )
  }
  if (toOneServer && parsed.host !== new URL(base).host) {
    throw new Mistake(
      `expected a URL relative to that of each side of the comparison, or both sides would be one server, got ${show(withoutSecrets(own))}`,
    )
  }
  return parsed.href
}

function headersOf(
  { headers }: Protocol | FanOutProtocol,
  index: number,
  data: unknown,
  member: FanOutMember,
): ProtocolHeaders | undefined {
  if (headers === undefined) return undefined
  const own: unknown = typeof headers === 'function' ? headers(index, data, member) : headers
  if (typeof own !== 'object' || own === null) {
    throw new Mistake(`expected an object of header names and values, got ${showKind(own)}`)
  }
  for (const [name, values] of Object.entries(own)) {
    for (const value of [values as unknown].flat()) checkHeader(name, value)
  }
  return own as ProtocolHeaders
}

/** A value may be a secret. */
function checkHeader(name: string, value: unknown): void {
  try {
    if (typeof value !== 'string') throw new TypeError('no text')
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    throw new Mistake(`expected names and texts that HTTP allows, got ${showKind(value)} for ${show(name)}`)
  }
}

/** Headers of which those of the call go before those of the protocol, whatever the case of their names. */
function over(own: ProtocolHeaders, given: ProtocolHeaders): ProtocolHeaders {
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()))
  const others = Object.entries(own).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...Object.fromEntries(others), ...given }
}

/** What a value should have been. */
class Mistake extends Error {}

function reasonOf(error: unknown): string {
  return error instanceof Mistake ? error.message : `expected a function that does not throw, got "${String(error)}"`
}
