import { show } from '../wording.ts'
import { type ServerMessage, subprotocol, wrongServer } from './graphql-ws-connection.ts'

/** What failed, in the server's words. That an operation is complete comes after its results, or there are none. */
export function errorIn({ type, payload }: ServerMessage): string | undefined {
  if (type === 'complete') return 'complete without a result'
  if (type === 'error') return wordsOf(payload)
  if (type === 'data') return `the older protocol of subscriptions-transport-ws; ${wrongServer}`
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
    .filter((message) => message !== undefined && message !== '')
    .map((message) => (typeof message === 'string' ? message : JSON.stringify(message)))
  return words.length === 0 ? 'an error without words' : words.join('; ')
}
