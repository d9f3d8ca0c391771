/** Servers of GraphQL over graphql-transport-ws, by graphql-ws and by GraphQL Yoga. */
import { EventEmitter, on, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { schemaOf, throughYoga } from './yoga.js'

export interface GraphQLServer extends AsyncDisposable {
  readonly url: string
  /** What mutations have added up to. */
  readonly total: () => number
  /** Subscriptions that are running, and how many there were. */
  readonly subscriptions: { open: number; begun: number }
  /** Pongs that it was sent, each in a message. */
  readonly pongs: () => number
  connections(): number
}

interface Options {
  /** @default 'graphql-ws' */
  readonly by?: 'graphql-ws' | 'GraphQL Yoga'
  /** Milliseconds from one ping, in a message, to the next. @default none is sent */
  readonly pingEvery?: number
  /** Whether it selects a subprotocol. @default true */
  readonly selects?: boolean
}

const types = `
  type Query { hello(name: String = "you"): String!, fail: String! }
  type Mutation { add(by: Int!): Int!, say(room: ID!, text: String!): Boolean! }
  type Subscription { ticks: Int!, nothing: Int!, broken: Int!, said(room: ID!): String! }
`

/**
 * Lets in who has the token or none, and knows endless `ticks`, and subscriptions that have `nothing` to say or are `broken`. What
 * one says in a room, subscribers to what is `said` there have; nobody may say anything in the room 'silence', what is said
 * in 'forgetful' is told all the same to have failed, and who says `bye` ends
 * the subscriptions of its room.
 */
export async function executing({ by, pingEvery, selects = true }: Options = {}): Promise<GraphQLServer> {
  let total = 0
  let pongs = 0
  const subscriptions = { open: 0, begun: 0 }
  const said = new EventEmitter().setMaxListeners(Infinity)
  const schema = schemaOf(types, {
    Query: {
      hello: (_root, { name }) => `hello ${String(name)}`,
      fail: () => {
        throw new Error('out of tea')
      },
    },
    Mutation: {
      add: (_root, { by }) => (total += Number(by)),
      say: (_root, { room, text }) => {
        if (room === 'silence') throw new Error('nobody may speak here')
        const hasListeners = said.emit(String(room), text)
        if (room === 'forgetful') throw new Error('said, and not kept')
        return hasListeners
      },
    },
    Subscription: {
      ticks: {
        async *subscribe() {
          subscriptions.open++
          subscriptions.begun++
          try {
            for (let ticks = 0; ; ticks++) {
              yield { ticks }
              await sleep(1)
            }
          } finally {
            subscriptions.open--
          }
        },
      },
      nothing: { async *subscribe() {} },
      said: {
        async *subscribe(_root, { room }) {
          for await (const [text] of on(said, String(room))) {
            if (text === 'bye') return
            yield { said: String(text) }
          }
        },
      },
      broken: {
        async *subscribe() {
          yield { broken: null }
        },
      },
    },
  })
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/graphql' })
  useServer(
    {
      ...(by === 'GraphQL Yoga' ? throughYoga(schema) : { schema }),
      onConnect({ connectionParams, extra: { socket } }) {
        if (pingEvery !== undefined) {
          const timer = setInterval(() => socket.send('{"type":"ping"}'), pingEvery)
          socket.once('close', () => clearInterval(timer))
        }
        return connectionParams?.['token'] === undefined || connectionParams['token'] === 'letmein'
      },
      onPong: () => void pongs++,
    },
    server,
  )
  if (!selects) server.options.handleProtocols = () => false
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    total: () => total,
    pongs: () => pongs,
    subscriptions,
    connections: () => server.clients.size,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}
