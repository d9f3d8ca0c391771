import { once } from 'node:events'
import { connect, isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkServerIdentity, type ConnectionOptions as ConnectionOptionsOfTls } from 'node:tls'
import * as v from 'valibot'
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
import { whyUnanswered } from '../wording.ts'

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
const neededSubjects = 'ws-load.> and _INBOX.>'

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
    ...(tls !== undefined && { tls: tlsOf(tls, servers) }),
  } satisfies ConnectionOptions
  const others = new AbortController()
  try {
    await Promise.any(servers.map(async (server) => greeted(server, others.signal)))
    return await nats.connect(options)
  } catch (error) {
    throw notConnected(servers, error instanceof AggregateError ? (error.errors[0] as Error) : (error as Error))
  } finally {
    others.abort()
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
async function greeted(server: string, signal: AbortSignal): Promise<void> {
  const socket = connect({ host: hostOf(server), port: Number(new URL(`nats://${server}`).port), signal })
  socket.setTimeout(connectTimeoutMs, () => socket.destroy(new Error('it accepts connections, and says nothing')))
  const closed = once(socket, 'close').then(() => {
    throw new Error('it accepts connections, and ends them')
  })
  try {
    const [first] = (await Promise.race([once(socket, 'data'), closed])) as [Buffer]
    if (!first.toString('latin1').startsWith('INFO ')) throw new Error('it does not speak NATS')
  } finally {
    socket.destroy()
  }
}

/** What one message, or a part of it, may have. */
export function mostBytesOf({ info }: NatsConnection): number {
  return Math.min(mostBytes, info?.max_payload ?? mostBytes)
}

type TlsOptions = NonNullable<NodeConnectionOptions['tls']>

function tlsOf({ ca, cert, key }: NonNullable<ResolvedNats['tls']>, servers: readonly string[]): TlsOptions {
  const hosts = servers.map(hostOf)
  const addresses = hosts.filter((host) => isIP(host) !== 0)
  const options: TlsOptions & Pick<ConnectionOptionsOfTls, 'checkServerIdentity'> = {
    ...(ca !== undefined && { ca: ca.join('\n') }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    // Of an IP address the package says no name, for which Node takes "localhost".
    checkServerIdentity(name, certificate) {
      const names = hosts.includes(name) ? [name, ...addresses] : addresses
      const mistakes = names.map((host) => checkServerIdentity(host, certificate))
      return mistakes.length === 0
        ? checkServerIdentity(name, certificate)
        : mistakes.every(Boolean)
          ? mistakes[0]
          : undefined
    },
  }
  return options
}

/** @param server host and port */
function hostOf(server: string): string {
  return new URL(`nats://${server}`).hostname.replaceAll(/^\[|\]$/g, '')
}

/** A message in JSON of this form; `undefined` of anything else that somebody may say. */
export function jsonOf<Schema extends v.GenericSchema>(
  message: Msg,
  schema: Schema,
): v.InferOutput<Schema> | undefined {
  try {
    const { success, output } = v.safeParse(schema, message.json())
    return success ? output : undefined
  } catch {
    return undefined
  }
}

/** Whether a server lets somebody in, and not do that. */
export function isForbidden({ name }: Error): boolean {
  return name === 'PermissionViolationError'
}

/** Why NATS does not do what it was asked for, and what that needs. */
export function refusalOf(error: Error): string {
  return isForbidden(error)
    ? `NATS does not allow it: ${error.message}; it needs ${neededSubjects}`
    : `NATS: ${error.message}`
}

/** Whether a server is there, and lets nobody in who says no more than this. */
function isRefused(error: Error): boolean {
  return error.name === 'AuthorizationError' || error.name === 'UserAuthenticationExpiredError'
}

/** @param error what a connection ended with, or was not made for */
export function notConnected(servers: readonly string[], error: Error): WsLoadError {
  const cause = reasonOf(error)
  return new WsLoadError(
    'WSLOAD_ERR_NATS',
    `wsLoad: no connection to NATS at ${servers.join(', ')}: ${printable(cause || error.name)}; ` +
      (isRefused(error)
        ? 'look at machines.credentials (--nats-creds, NATS_USER, NATS_CREDS, …)'
        : 'look at machines.nats (--nats)'),
    { cause: error },
  )
}

/** What a server says while somebody logs in, of limits of an account for example, the package does not pass on. */
function reasonOf(error: Error): string {
  const { name, message, cause } = error
  if (error instanceof AggregateError) return whyUnanswered(error)
  if (name === 'TimeoutError') {
    return `it let nobody in within ${connectTimeoutMs / 1_000} s: it may have as many connections as it allows, or want a certificate; its log says why`
  }
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
