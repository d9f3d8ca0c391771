import { once } from 'node:events'
import { connect } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  ConnectionOptions,
  Msg,
  NatsConnection,
  NodeConnectionOptions,
  Subscription,
} from '@nats-io/transport-node'
import { WsLoadError } from '../errors.ts'
import type { ResolvedNats } from '../options/machines.ts'
import { printable } from '../printable.ts'

export type { Msg, NatsConnection, Subscription }

/** From one attempt to find a server to the next. */
const connectEveryMs = 250
/** So long a server has for the handshake. */
const connectTimeoutMs = 5_000
/** From one attempt to come back to the next, and how many of them there are. */
const [reconnectEveryMs, reconnects] = [250, 40]
/** A connection that answers no ping for two of these is given up. */
const pingEveryMs = 2_000
/** Parts of messages are no larger than this, and never larger than the server allows. */
const mostBytes = 512 * 1_024

/** What agents and their coordinators need to be allowed to publish and to subscribe. */
export const neededSubjects = 'ws-load.> and _INBOX.>'

/** What becomes of a connection that there is not yet, or not any more. */
export interface Persistence {
  /** Who connects, as the server shows it. */
  readonly name: string
  /** Whether it is tried for ever once it was there; else for some seconds. */
  readonly forEver: boolean
}

/**
 * Connects to NATS; the package for it is loaded only then.
 * @throws {WsLoadError} `WSLOAD_ERR_NATS`
 */
async function connectNats(
  { servers, access, tls }: ResolvedNats,
  { name, forEver }: Persistence,
): Promise<NatsConnection> {
  const nats = await import('@nats-io/transport-node')
  const { user, password, token, nkey, creds } = access
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const authenticator =
    nkey === undefined
      ? creds === undefined
        ? undefined
        : nats.credsAuthenticator(encode(creds))
      : nats.nkeyAuthenticator(encode(nkey))
  const options: NodeConnectionOptions = {
    servers: [...servers],
    name,
    timeout: connectTimeoutMs,
    pingInterval: pingEveryMs,
    reconnectTimeWait: reconnectEveryMs,
    maxReconnectAttempts: forEver ? -1 : reconnects,
    ...(user !== undefined && { user, pass: password! }),
    ...(token !== undefined && { token }),
    ...(authenticator !== undefined && { authenticator }),
    ...(tls !== undefined && { tls: tlsOf(tls) }),
  } satisfies ConnectionOptions
  try {
    await Promise.any(servers.map(greeted))
    return await nats.connect(options)
  } catch (error) {
    throw notConnected(servers, error instanceof AggregateError ? (error.errors[0] as Error) : (error as Error))
  }
}

/**
 * Connects to NATS, which may be starting as well.
 * @param waits whether to try again, given why the last attempt failed
 * @returns `undefined` once it is not tried again
 * @throws {WsLoadError} `WSLOAD_ERR_NATS` if a server is there and lets nobody in who says no more than this
 */
export async function connectWhenThere(
  nats: ResolvedNats,
  persistence: Persistence,
  waits: (error: WsLoadError) => boolean,
): Promise<NatsConnection | undefined> {
  for (;;) {
    try {
      return await connectNats(nats, persistence)
    } catch (error) {
      const failure = error as WsLoadError
      if (isRefused(failure.cause as Error)) throw failure
      if (!waits(failure)) return undefined
    }
    await sleep(connectEveryMs)
  }
}

/**
 * Resolves when a server says what NATS says first. An attempt of the package that times out leaves its socket behind, which keeps a
 * process from its end.
 */
async function greeted(server: string): Promise<void> {
  const { hostname, port } = new URL(`nats://${server}`)
  const socket = connect({ host: hostname.replaceAll(/^\[|\]$/g, ''), port: Number(port) })
  const silence = setTimeout(
    () => socket.destroy(new Error('it accepts connections, and says nothing')),
    connectTimeoutMs,
  )
  try {
    const [first] = (await once(socket, 'data')) as [Buffer]
    if (!first.toString('latin1').startsWith('INFO ')) throw new Error('it does not speak NATS')
  } finally {
    clearTimeout(silence)
    socket.destroy()
  }
}

/** What one message, or a part of it, may have. */
export function mostBytesOf({ info }: NatsConnection): number {
  return Math.min(mostBytes, info?.max_payload ?? mostBytes)
}

function tlsOf({ ca, cert, key }: NonNullable<ResolvedNats['tls']>): NonNullable<NodeConnectionOptions['tls']> {
  return {
    ...(ca !== undefined && { ca: ca.join('\n') }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

/** A message in JSON that has these fields, texts and whatever; `undefined` of anything else that somebody may say. */
export function jsonOf<Said extends object>(message: Msg, fields: readonly (keyof Said)[]): Said | undefined {
  try {
    const said = message.json<Said | null>()
    return typeof said === 'object' && said !== null && fields.every((field) => said[field] !== undefined)
      ? said
      : undefined
  } catch {
    return undefined
  }
}

/** Whether a server is there, and lets nobody in who says no more than this. */
function isRefused(error: Error): boolean {
  return error.name === 'AuthorizationError' || error.name === 'UserAuthenticationExpiredError'
}

function notConnected(servers: readonly string[], error: Error): WsLoadError {
  const cause = reasonOf(error)
  return new WsLoadError(
    'WSLOAD_ERR_NATS',
    `wsLoad: no connection to NATS at ${servers.join(', ')}: ${printable(cause || error.name)}; ` +
      (isRefused(error) ? 'look at machines.credentials (NATS_USER, NATS_CREDS, …)' : 'look at machines.nats (--nats)'),
    { cause: error },
  )
}

/** What a server says while somebody logs in, of limits of an account for example, the package does not pass on. */
function reasonOf({ name, message, cause }: Error): string {
  if (name === 'TimeoutError') {
    return `it let nobody in within ${connectTimeoutMs / 1_000} s: it may have as many connections as it allows, or want a certificate; its log says why`
  }
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
