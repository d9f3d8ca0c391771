/** @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md (graphql-transport-ws) */
import * as v from 'valibot'
import { jsonObject, only, text } from '../options/fields.ts'
import { show, showKind } from '../wording.ts'
import { defineProtocol } from '../wire/protocol.ts'
import { isSubscription } from './graphql-operation.ts'
import { adviseUrl } from './advise-url.ts'
import { prepared } from './prepared.ts'
import { readJSON } from './read-json.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'

/** The operation of each ping, and who asks for it. */
export interface GraphQLWSOptions {
  /** The document: a query, a mutation or a subscription. */
  readonly query: string
  /** What JSON can say. Default: none. */
  readonly variables?: Readonly<Record<string, unknown>>
  /** Of a document with several operations, the one to execute. */
  readonly operationName?: string
  /** Of the request, what JSON can say: those of persisted queries, say. Default: none. */
  readonly extensions?: Readonly<Record<string, unknown>>
  /** Payload of `connection_init`, what JSON can say: credentials, mostly. Default: none. */
  readonly connectionParams?: Readonly<Record<string, unknown>>
}

/** A message of the server, as far as every server says it: what is in it has to be looked at. */
interface Said {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

const subprotocol = 'graphql-transport-ws'
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

const schema = only({
  query: text('a GraphQL document'),
  variables: v.optional(jsonObject()),
  operationName: v.optional(text('the name of an operation')),
  extensions: v.optional(jsonObject()),
  connectionParams: v.optional(jsonObject(showKind)),
})

const { probeOf, dataOf } = readsOptions('graphqlWS', import.meta.url, schema)

/**
 * A GraphQL server that speaks graphql-transport-ws, the protocol of graphql-ws, as the option `probe`. Each ping is an
 * operation of its own, and its first result answers it; a subscription is then ended. Errors of GraphQL are the fault
 * `ERROR_ANSWER`, their ping lost.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`
 */
export function graphqlWS(options: GraphQLWSOptions): ProtocolProbe<GraphQLWSOptions> {
  return probeOf(options) as ProtocolProbe<GraphQLWSOptions>
}

/** All of a request but its id, and whether it goes on after its first result. */
const operation = prepared(({ query, variables, operationName, extensions }: GraphQLWSOptions) => ({
  text: JSON.stringify({ type: 'subscribe', payload: { query, variables, operationName, extensions } }).slice(1),
  goesOn: isSubscription(query, operationName),
}))

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  subprotocols: subprotocol,
  data: dataOf as (index: number, options: unknown) => GraphQLWSOptions,
  async session({ send, messages }, { data: { connectionParams } }) {
    const subscriptions = new Set<string>()
    send(JSON.stringify({ type: 'connection_init', payload: connectionParams }))
    for await (const message of messages()) {
      const { type } = readJSON(message) as Said
      if (type === 'connection_ack') break
      if (type === 'ping') send(pong)
      else if (type !== 'pong') throw new Error(`the server answered connection_init with ${show(type)}; ${elsewhere}`)
    }
    return { subscriptions }
  },
  message(message, { connection }) {
    if ((readJSON(message) as Said).type === 'ping') connection.send(pong)
  },
  request(id, { state: { subscriptions }, data }) {
    const { text, goesOn } = operation(data)
    if (goesOn) subscriptions.add(String(id))
    return `{"id":"${id}",${text}`
  },
  reply(message, { connection, state: { subscriptions } }) {
    const said = readJSON(message) as Said
    if (said.id === undefined) return undefined
    const isOpen = subscriptions.delete(said.id)
    if (isOpen && said.type === 'next') connection.send(`{"id":"${said.id}","type":"complete"}`)
    return { id: Number(said.id), error: errorIn(said) }
  },
  advise: (fault) => advice[fault.code] ?? adviseUrl(fault, elsewhere),
})

/** What failed, in the server's words. That an operation is complete comes after its results, or there are none. */
function errorIn({ type, payload }: Said): string | undefined {
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
