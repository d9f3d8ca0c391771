/** A GraphQL server, whose results answer pings. */
import { only } from '../options/fields.ts'
import { defineProtocol } from '../wire/protocol.ts'
import { type GraphQLOperation, isSubscription, operationFields, requestBehindId } from './graphql-operation.ts'
import {
  adviseOnConnection,
  connectionFields,
  type GraphQLWSConnection,
  hearPing,
  initialise,
  readMessage,
  subprotocol,
} from './graphql-ws-connection.ts'
import { errorIn } from './graphql-ws-error.ts'
import { graphqlWSSubscription } from './graphql-ws-subscription.ts'
import { prepared } from './prepared.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'

/** The operation of each ping, and who asks for it. */
export interface GraphQLWSOptions extends GraphQLOperation, GraphQLWSConnection {}

const schema = only({ ...operationFields, ...connectionFields })
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

graphqlWS.subscription = graphqlWSSubscription

/** All of a request but its id, and whether it goes on after its first result. */
const operation = prepared((options: GraphQLWSOptions) => ({
  text: requestBehindId(options),
  goesOn: isSubscription(options.query, options.operationName),
}))

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  subprotocols: subprotocol,
  data: dataOf as (index: number, options: unknown) => GraphQLWSOptions,
  async session(connection, { data }) {
    await initialise(connection, data)
    return { subscriptions: new Set<string>() }
  },
  message: (message, { connection }) => hearPing(readMessage(message), connection),
  request(id, { state: { subscriptions }, data }) {
    const { text, goesOn } = operation(data)
    if (goesOn) subscriptions.add(String(id))
    return `{"id":"${id}",${text}`
  },
  reply(message, { connection, state: { subscriptions } }) {
    const said = readMessage(message)
    if (said.id === undefined) return undefined
    const isOpen = subscriptions.delete(said.id)
    if (isOpen && said.type === 'next') connection.send(`{"id":"${said.id}","type":"complete"}`)
    return { id: Number(said.id), error: errorIn(said) }
  },
  advise: adviseOnConnection,
})
