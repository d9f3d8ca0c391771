/** A subscription of GraphQL, whose subscribers hear of what a publisher's mutations change. */
import * as v from 'valibot'
import { expected, only } from '../options/fields.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'
import { defineProtocol } from '../wire/protocol.ts'
import { type GraphQLOperation, isSubscription, operationFields, requestBehindId } from './graphql-operation.ts'
import {
  adviseOnConnection,
  connectionFields,
  type GraphQLWSConnection,
  hearPing,
  initialise,
  readMessage,
  sendPing,
  subprotocol,
} from './graphql-ws-connection.ts'
import { errorIn } from './graphql-ws-error.ts'
import { hasMessage, inRoom, messageIn, toldApart } from './message-word.ts'
import { prepared } from './prepared.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'

/** What is subscribed to, and by which mutation one publishes. In the texts of both `%r` is the number of the room, from 0. */
export interface GraphQLWSSubscriptionOptions extends GraphQLOperation, GraphQLWSConnection {
  /** The mutation. `%m` in its texts is the message, a short text, which results of the subscription have to carry. */
  readonly publish: GraphQLOperation
}

/** The id of a subscriber's only operation; those of publishers have the ids of their messages. */
const subscriptionId = '0'
const pingsUntilBegun = 2

const schema = v.pipe(
  only({
    ...operationFields,
    publish: v.pipe(
      only(operationFields),
      v.check((publish) => hasMessage(publish), expected('an operation with %m in a text')),
      v.forward(
        v.check(
          ({ query, operationName }) => !isSubscription(query, operationName),
          'expected a mutation, got a subscription',
        ),
        ['query'],
      ),
    ),
    ...connectionFields,
  }),
  v.forward(
    v.check(
      ({ query, operationName }) => isSubscription(query, operationName),
      'expected a subscription, got another operation',
    ),
    ['query'],
  ),
)
type Data = GraphQLWSSubscriptionOptions

const { probeOf, dataOf } = readsOptions('graphqlWS.subscription', import.meta.url, schema)

/**
 * A subscription of a GraphQL server that speaks graphql-transport-ws, as the option `protocol` of `wsLoad.fanOut()`: publishers
 * execute a mutation, and subscribers are sent a result of their subscription for each.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`
 */
export function graphqlWSSubscription(
  options: GraphQLWSSubscriptionOptions,
): ProtocolProbe<GraphQLWSSubscriptionOptions> {
  return probeOf(options) as ProtocolProbe<GraphQLWSSubscriptionOptions>
}

const requests = prepared((data: Data) => ({
  subscription: requestBehindId(data),
  mutation: requestBehindId(data.publish),
}))

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  subprotocols: subprotocol,
  data(index, options, { room }) {
    const data = dataOf(index, options) as Data
    const { subscription, mutation } = requests(data)
    return toldApart(data, room, { query: subscription, publish: mutation })
  },
  async session(connection, { role, room, data }) {
    await initialise(connection, data)
    if (role === 'publisher') return
    connection.send(`{"id":"${subscriptionId}",${inRoom(requests(data).subscription, room)}`)
    const isAboutIt = (message: ProbeMessage): boolean => {
      const said = readMessage(message)
      return said.type === 'next' ? errorIn(said) !== undefined : /^(?:pong|error|complete)$/.test(said.type)
    }
    // No message says that a subscription has begun. The pong to a ping that was read together with it may come before a refusal.
    for (let pings = 0; pings < pingsUntilBegun; pings++) {
      sendPing(connection)
      const said = readMessage(await connection.receive(isAboutIt))
      if (said.type !== 'pong') throw new Error(`the server refused the subscription: ${errorIn(said)}`)
    }
  },
  message(message, { connection, role }) {
    const said = readMessage(message)
    hearPing(said, connection)
    const hasEnded = role === 'subscriber' && (said.type === 'error' || said.type === 'complete')
    const words = said.type === 'error' ? `: ${errorIn(said)}` : ''
    if (hasEnded) connection.close(1000, `the server ended the subscription${words}`)
  },
  publish: (id, { room, data }) => `{"id":"${id}",${inRoom(requests(data).mutation, room, id)}`,
  delivery(message, { role }) {
    const said = readMessage(message)
    if (said.type !== 'next' && (said.type !== 'error' || role === 'subscriber')) return undefined
    const error = errorIn(said)
    if (role === 'publisher') return error === undefined ? undefined : { id: Number(said.id), error }
    const id = messageIn(typeof message === 'string' ? message : JSON.stringify(said))
    return error === undefined ? id : { id: id ?? NaN, error }
  },
  advise: adviseOnConnection,
})
