/** @see https://www.jsonrpc.org/specification (JSON-RPC 2.0) */
import * as v from 'valibot'
import { expected, json, only, text } from '../options/fields.ts'
import { defineProtocol } from '../wire/protocol.ts'
import { cut } from '../wording.ts'
import { prepared } from './prepared.ts'
import { readJSON } from './read-json.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'

/** What each ping calls. */
export interface JsonRPCOptions {
  /** The method's name. */
  readonly method: string
  /** Its parameters: by position in a list, or by name in an object; what JSON can say. Default: none. */
  readonly params?: readonly unknown[] | Readonly<Record<string, unknown>>
}

/** The specification wants a code and a message; what is missing is not said. */
interface RPCError {
  readonly code?: number
  readonly message?: string
  readonly data?: unknown
}

/** What a server says: an answer, or a call of its own. */
interface Said {
  readonly id?: unknown
  readonly method?: string
  readonly error?: RPCError | string | null
}

/** Characters of an error's data that are shown. */
const longestData = 100

/** What to change, by the code of an error (section 5.1). */
const advice: Readonly<Record<number, string>> = {
  [-32_601]: 'take a method that the server has',
  [-32_602]: 'take params that the method expects',
}

const schema = only({
  method: text("a method's name"),
  params: v.optional(
    v.pipe(
      json('a list or an object that JSON can say'),
      v.check((given) => typeof given === 'object' && given !== null, expected('a list or an object')),
    ),
  ),
})
const { probeOf, dataOf } = readsOptions('jsonRPC', import.meta.url, schema)

/**
 * A JSON-RPC 2.0 server as the option `probe`: each ping calls a method, and the answer with its id answers it. An error is
 * the fault `ERROR_ANSWER`, its ping lost. Notifications and calls of the server are ignored.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`
 */
export function jsonRPC(options: JsonRPCOptions): ProtocolProbe<JsonRPCOptions> {
  return probeOf(options) as ProtocolProbe<JsonRPCOptions>
}

/** All of a call but its id. */
const callOf = prepared(({ method, params }: JsonRPCOptions) => JSON.stringify({ method, params }).slice(1))

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  data: dataOf as (index: number, options: unknown) => JsonRPCOptions,
  request: (id, { data }) => `{"jsonrpc":"2.0","id":${id},${callOf(data)}`,
  reply(message) {
    const { id, method, error } = readJSON(message) as Said
    if (method !== undefined) return undefined
    if (typeof id === 'number') return { id, error: error ? describe(error) : undefined }
    if (error) throw new Error(`the server could not read a call: ${describe(error)}`)
    return undefined
  },
})

function describe(error: RPCError | string): string {
  if (typeof error === 'string') return error
  const { code, message, data } = error
  const details = data === undefined ? '' : ` ${cut(JSON.stringify(data), longestData)}`
  const cure = code === undefined ? undefined : advice[code]
  const words = [code, message].filter((word) => word !== undefined).join(' ')
  return `${words === '' ? 'an error without a code' : words}${details}${cure === undefined ? '' : `; ${cure}`}`
}
