/**
 * How a client gets into a GraphQL server over WebSocket, and what is said there.
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md (graphql-transport-ws)
 */
import * as v from 'valibot'
import { jsonObject } from '../options/fields.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'
import type { ProtocolConnection, ProtocolFault, SessionConnection } from '../wire/protocol.ts'
import { show, showKind } from '../wording.ts'
import { adviseUrl } from './advise-url.ts'
import { readJSON } from './read-json.ts'

/** Who asks. */
export interface GraphQLWSConnection {
  /** Payload of `connection_init`, what JSON can say: credentials, mostly. Default: none. */
  readonly connectionParams?: Readonly<Record<string, unknown>>
}

/** A message of the server, as far as every server says it: what is in it has to be looked at. */
export interface ServerMessage {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

export const subprotocol = 'graphql-transport-ws'
const ping = '{"type":"ping"}'
const pong = '{"type":"pong"}'
export const wrongServer = `no server that speaks ${subprotocol} here: check the path of url`

/** What to change, by the code of a fault; of a handshake that was refused over HTTP too. */
const advice: Readonly<Record<string, string>> = {
  CLOSE_4400: 'check query, variables and connectionParams',
  CLOSE_4401: 'check the option connectionParams',
  CLOSE_4403: 'the server refuses this user: check the option connectionParams',
  CLOSE_4406: `leave out the option protocols: ${subprotocol} is asked for without it`,
  CLOSE_4408: 'raise sessionRate, or the connectionInitWaitTimeout of the server',
  HANDSHAKE_INVALID: `${wrongServer}, and leave out the option protocols; the older protocol of subscriptions-transport-ws is another one`,
}

/** The fields of {@link GraphQLWSConnection}. */
export const connectionFields = { connectionParams: v.optional(jsonObject(showKind)) }

/** Is let in. */
export async function initialise(
  { send, messages }: SessionConnection,
  { connectionParams }: GraphQLWSConnection,
): Promise<void> {
  send(JSON.stringify({ type: 'connection_init', payload: connectionParams }))
  for await (const message of messages()) {
    const { type } = readMessage(message)
    if (type === 'connection_ack') return
    if (type === 'ping') send(pong)
    else if (type !== 'pong') throw new Error(`the server answered connection_init with ${show(type)}; ${wrongServer}`)
  }
}

/** Answers a ping of the server. */
export function hearPing({ type }: ServerMessage, connection: ProtocolConnection): void {
  if (type === 'ping') connection.send(pong)
}

/** Asks the server whether it has read what was sent before; its answer is a message of type `pong`. */
export function sendPing(connection: ProtocolConnection): void {
  connection.send(ping)
}

export function adviseOnConnection(fault: ProtocolFault): string | undefined {
  return advice[fault.code] ?? adviseUrl(fault, wrongServer)
}

/** What a message of the server says. */
export function readMessage(message: ProbeMessage): ServerMessage {
  return readJSON(message) as ServerMessage
}
