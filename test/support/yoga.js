/** In JavaScript, because the types of GraphQL Yoga bring those of the DOM along. */
import { createSchema, createYoga } from 'graphql-yoga'

/** Of the `graphql` that Node imports, as the servers do; Vite takes another copy of it. */
export function schemaOf(typeDefs, resolvers) {
  return createSchema({ typeDefs, resolvers })
}

/** @see https://the-guild.dev/graphql/yoga-server/docs/features/subscriptions#graphql-over-websocket-protocol-via-graphql-ws */
export function throughYoga(schema) {
  const yoga = createYoga({ schema, logging: false })
  return {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    async onSubscribe(context, _id, params) {
      const { request: req, socket } = context.extra
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req,
        socket,
        params,
      })
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
      const errors = validate(args.schema, args.document)
      return errors.length > 0 ? errors : args
    },
  }
}
