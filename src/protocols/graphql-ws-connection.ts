/**
 * How a client gets into a GraphQL server over WebSocket, and what is said there.
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md (graphql-transport-ws)
 */
import * as v from 'valibot'
import { jsonObject, text } from '../options/fields.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'
import type { ProtocolConnection, ProtocolFault, SessionConnection } from '../wire/protocol.ts'
import { show, showKind } from '../wording.ts'
import { adviseUrl } from './advise-url.ts'
import { readJSON } from './read-json.ts'

/** A request of GraphQL. */
export interface GraphQLOperation {
  /** The document: a query, a mutation or a subscription. */
  readonly query: string
  /** What JSON can say. Default: none. */
  readonly variables?: Readonly<Record<string, unknown>>
  /** Of a document with several operations, the one to execute. */
  readonly operationName?: string
  /** Of the request, what JSON can say: those of persisted queries, say. Default: none. */
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** Who asks. */
export interface GraphQLWSConnection {
  /** Payload of `connection_init`, what JSON can say: credentials, mostly. Default: none. */
  readonly connectionParams?: Readonly<Record<string, unknown>>
}

/** A message of the server, as far as every server says it: what is in it has to be looked at. */
export interface Said {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

export const subprotocol = 'graphql-transport-ws'
const ping = '{"type":"ping"}'
const pong = '{"type":"pong"}'
const elsewhere = `no server that speaks ${subprotocol} here: check the path of url`

/** What to change, by the code of a fault; of a handshake that was refused over HTTP too. */
const advice: Readonly<Record<string, string>> = {
  CLOSE_4400: 'check query, variables and connectionParams',
  CLOSE_4401: 'check the option connectionParams',
  CLOSE_4403: 'the server refuses this user: check the option connectionParams',
  CLOSE_4406: `leave out the option protocols: ${subprotocol} is asked for without it`,
  CLOSE_4408: 'raise sessionRate, or the connectionInitWaitTimeout of the server',
  HANDSHAKE_INVALID: `${elsewhere}, and leave out the option protocols; the older protocol of subscriptions-transport-ws is another one`,
}

/** The fields of {@link GraphQLOperation}. */
export const operationFields = {
  query: text('a GraphQL document'),
  variables: v.optional(jsonObject()),
  operationName: v.optional(text('the name of an operation')),
  extensions: v.optional(jsonObject()),
}

/** The fields of {@link GraphQLWSConnection}. */
export const connectionFields = { connectionParams: v.optional(jsonObject(showKind)) }

/** All of a request but its id. */
export function requestBehindId({ query, variables, operationName, extensions }: GraphQLOperation): string {
  return JSON.stringify({ type: 'subscribe', payload: { query, variables, operationName, extensions } }).slice(1)
}

/** Is let in. */
export async function initialise(
  { send, messages }: SessionConnection,
  { connectionParams }: GraphQLWSConnection,
): Promise<void> {
  send(JSON.stringify({ type: 'connection_init', payload: connectionParams }))
  for await (const message of messages()) {
    const { type } = readJSON(message) as Said
    if (type === 'connection_ack') return
    if (type === 'ping') send(pong)
    else if (type !== 'pong') throw new Error(`the server answered connection_init with ${show(type)}; ${elsewhere}`)
  }
}

/** Answers a ping of the server. */
export function hearPing({ type }: Said, connection: ProtocolConnection): void {
  if (type === 'ping') connection.send(pong)
}

/** Asks the server whether it has read what was sent before; its answer is a message of type `pong`. */
export function sendPing(connection: ProtocolConnection): void {
  connection.send(ping)
}

export function adviseOnConnection(fault: ProtocolFault): string | undefined {
  return advice[fault.code] ?? adviseUrl(fault, elsewhere)
}

/** What failed, in the server's words. That an operation is complete comes after its results, or there are none. */
export function errorIn({ type, payload }: Said): string | undefined {
  if (type === 'complete') return 'complete without a result'
  if (type === 'error') return wordsOf(payload)
  if (type === 'data') return `the older protocol of subscriptions-transport-ws; ${elsewhere}`
  if (type !== 'next') return `a message of type ${show(type)}, which ${subprotocol} has not`
  const { data, errors } = (payload ?? {}) as { readonly data?: unknown; readonly errors?: unknown }
  if (errors !== undefined && !(Array.isArray(errors) && errors.length === 0)) return wordsOf(errors)
  return data === undefined ? 'a result without data' : undefined
}

/** Errors of GraphQL in words; of what else stands in their place, that. */
function wordsOf(errors: unknown): string {
  const messages = [errors]
    .flat()
    .map((error) => (error as { readonly message?: unknown } | null | undefined)?.message ?? error)
  const words = messages
    .filter((message) => message !== undefined)
    .map((message) => (typeof message === 'string' ? message : JSON.stringify(message)))
  return words.length === 0 ? 'an error without words' : words.join('; ')
}

/** What a message of the server says. */
export function readSaid(message: ProbeMessage): Said {
  return readJSON(message) as Said
}
