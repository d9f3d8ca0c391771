/** A GraphQL server for who has logged in; `DELAY=400` makes it slow. */
import { setTimeout } from 'node:timers/promises'
import { buildSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

const delay = Number(process.env.DELAY ?? 0)
const schema = buildSchema(`
  type Query { price(of: String!): Int! }
  type Subscription { prices(of: String!): Int! }
`)

async function price({ of }) {
  if (delay > 0) await setTimeout(delay)
  return of.length
}

async function* prices(asked) {
  for (;;) {
    yield { prices: await price(asked) }
    await setTimeout(100)
  }
}

useServer(
  {
    schema,
    roots: { query: { price }, subscription: { prices } },
    onConnect: ({ connectionParams }) => connectionParams?.token === 'secret',
  },
  new WebSocketServer({ host: '127.0.0.1', port: 3001, path: '/graphql' }),
)
