/** A broker of STOMP 1.2, whose receipts or messages answer pings. */
import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { expected, only } from '../options/fields.ts'
import { isBytes } from '../options/realm.ts'
import { defineProtocol } from '../wire/protocol.ts'
import type { KeepAlive } from './keep-alive.ts'
import { withPlaceholders } from './placeholders.ts'
import { prepared } from './prepared.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'
import {
  adviseOnConnection,
  connectionFields,
  destinationName,
  hearBroker,
  logIn,
  messageHeaders,
  stay,
  type StompConnection,
  subscribe,
} from './stomp-connection.ts'
import { frameHead, frameLength, readFrame } from './stomp-frame.ts'
import { stompTopic } from './stomp-topic.ts'

/** What each ping sends, and as whom. */
export interface StompOptions extends StompConnection {
  /**
   * What is sent to: `'/topic/prices'`. `%i` in it is the number of the connection, from 0, and `%c` a word that no other
   * connection of this or another run has.
   */
  readonly destination: string
  /** What is sent. Default: nothing. */
  readonly body?: string | Uint8Array
  /** Headers of what is sent, besides those of the protocol: `{ 'content-type': 'application/json' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * `'receipt'`: the broker's RECEIPT is the answer. `'message'`: the message itself is, which comes back because its
   * connection subscribes to its `destination`, one of its own with `%c`. Default: `'receipt'`.
   */
  readonly answer?: 'receipt' | 'message'
}

/** What a connection needs to know for its pings. */
interface StompState {
  /** A message up to the id of its ping. */
  readonly head: string
  readonly keepAlive: KeepAlive
}

/** What answers, and in which headers of the message and of the answer the id of a ping is. */
const answers = {
  receipt: { command: 'RECEIPT', asked: 'receipt', answered: 'receipt-id' },
  message: { command: 'MESSAGE', asked: 'correlation-id', answered: 'correlation-id' },
} as const

const schema = v.pipe(
  only({
    destination: destinationName(),
    body: v.optional(v.union([v.string(), v.custom<Uint8Array>(isBytes)], expected('a text or a Uint8Array')), ''),
    headers: v.optional(messageHeaders(), {}),
    answer: v.optional(v.picklist(['receipt', 'message'], expected("'receipt' or 'message'")), 'receipt'),
    ...connectionFields,
  }),
  v.forward(
    v.check(
      ({ answer, destination }) => answer === 'receipt' || destination.includes('%c'),
      "expected %c in it where the answer is 'message', so that each connection subscribes to one of its own: '/topic/prices.%c'",
    ),
    ['destination'],
  ),
)
const { probeOf, dataOf } = readsOptions('stomp', import.meta.url, schema)

type StompData = v.InferOutput<typeof schema>

/**
 * A broker that speaks STOMP 1.2 as the option `probe`: each ping is a message that is sent to a destination.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`
 */
export function stomp(options: StompOptions): ProtocolProbe<StompOptions> {
  return probeOf(options) as ProtocolProbe<StompOptions>
}

stomp.topic = stompTopic

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  data: dataOf,
  subprotocols: 'v12.stomp',
  split: frameLength,
  async session(connection, { index, data }): Promise<StompState> {
    const agreed = await logIn(connection, data, index)
    const keepAlive = stay(connection, agreed)
    const destination = withPlaceholders(data.destination, { i: String(index), c: randomBytes(8).toString('hex') })
    if (data.answer === 'message') await subscribe(connection, destination)
    keepAlive.expectBeats(agreed.hearWithin)
    return { head: headOf(destination, data), keepAlive }
  },
  message: (message, { connection }) => hearBroker(message, connection),
  request(id, { state: { head, keepAlive }, data }) {
    keepAlive.hasSent = true
    const tail = tailOf(data)
    return typeof tail === 'string' ? `${head}${id}${tail}` : Buffer.concat([Buffer.from(`${head}${id}`), tail])
  },
  reply(message, { state: { keepAlive }, data }) {
    keepAlive.hasHeard = true
    const received = readFrame(message)
    if (received === undefined) return undefined
    const { command, answered } = answers[data.answer]
    return received.command === command ? Number(received.headers.get(answered)) : undefined
  },
  advise: adviseOnConnection,
})

/** The message of a ping up to its id, which is its last header. */
function headOf(destination: string, { body, headers, answer }: StompData): string {
  const head = frameHead('SEND', { destination, ...headers, 'content-length': String(Buffer.byteLength(body)) })
  return `${head.slice(0, -1)}${answers[answer].asked}:`
}

/** The message of a ping behind its id. */
const tailOf = prepared(({ body }: StompData) =>
  typeof body === 'string' ? `\n\n${body}\0` : Buffer.concat([Buffer.from('\n\n'), body, Buffer.of(0)]),
)
