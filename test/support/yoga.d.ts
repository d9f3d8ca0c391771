import type { GraphQLSchema } from 'graphql'
import type { ServerOptions } from 'graphql-ws'
import type { Extra } from 'graphql-ws/use/ws'

/** What a field does, or, of a subscription, what comes of it. */
type Resolver = (root: unknown, args: Readonly<Record<string, unknown>>) => unknown

export function schemaOf(
  typeDefs: string,
  resolvers: Readonly<Record<string, Readonly<Record<string, Resolver | { readonly subscribe: Resolver }>>>>,
): GraphQLSchema

/** Options of a server of graphql-ws that has GraphQL Yoga execute operations. */
export function throughYoga(schema: GraphQLSchema): ServerOptions<Record<string, unknown>, Extra>
