import * as v from 'valibot'
import { jsonObject, text } from '../options/fields.ts'

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

/** The fields of {@link GraphQLOperation}. */
export const operationFields = {
  query: text('a GraphQL document'),
  variables: v.optional(jsonObject()),
  operationName: v.optional(text('the name of an operation')),
  extensions: v.optional(jsonObject()),
}

/** Comments and texts of a GraphQL document, in which braces and keywords mean nothing. */
const noise = /"""(?:\\"""|[^])*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*/g
/** What belongs to a definition; innermost first. */
const inside = /\{[^{}]*\}|\([^()]*\)|\[[^[\]]*\]/g
const definition = /\b(?:fragment\s+\w+\s+on\s+\w+|(query|mutation|subscription)\b\s*(\w+)?)/g

/**
 * Whether a document's operation is a subscription: of several operations, the one of that name.
 * @see https://spec.graphql.org/October2021/#sec-Executing-Requests
 */
export function isSubscription(document: string, operationName?: string): boolean {
  let outline = document.replaceAll(noise, ' ')
  while (outline.search(inside) !== -1) outline = outline.replaceAll(inside, ' ')
  const operations = [...outline.matchAll(definition)].filter(([, kind]) => kind !== undefined)
  const executed = operationName === undefined ? operations[0] : operations.find(([, , name]) => name === operationName)
  return executed?.[1] === 'subscription'
}

/** All of a request but its id. */
export function requestBehindId({ query, variables, operationName, extensions }: GraphQLOperation): string {
  return JSON.stringify({ type: 'subscribe', payload: { query, variables, operationName, extensions } }).slice(1)
}
