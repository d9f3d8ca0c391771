/** @see https://stomp.github.io/stomp-specification-1.2.html */
import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { duration, expected, only, sayableNames, text } from '../options/fields.ts'
import { formatDuration } from '../units.ts'
import { defineProtocol, type SessionConnection } from '../wire/protocol.ts'
import { showKind } from '../wording.ts'
import { KeepAlive } from './keep-alive.ts'
import { withPlaceholders } from './placeholders.ts'
import { prepared } from './prepared.ts'
import { type ProtocolProbe, readsOptions } from './ready-made.ts'
import { adviseUrl } from './advise-url.ts'
import { frame, frameHead, frameLength, heartBeat, readFrame, type StompFrame } from './stomp-frame.ts'

/** What each ping sends, and as whom. */
export interface StompOptions {
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
  /** `%i` in it is the number of the connection, from 0. */
  readonly login?: string
  readonly passcode?: string
  /** The broker's virtual host. Default: `'/'`. */
  readonly host?: string
  /** How long a side is silent at most; each side may want or offer less, and 0 is for ever. Default: '10s'. */
  readonly heartBeat?: number | string
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
const ownHeaders = ['destination', 'content-length', 'receipt', 'correlation-id', 'transaction']

const secondMs = 1_000

/** CONNECT has no escapes for the end of a line. */
function line(what: string, shown?: typeof showKind) {
  return v.pipe(
    v.string(expected(what, shown)),
    v.check((given) => !/[\r\n\0]/.test(given), expected(`${what} of one line`, shown)),
  )
}

const schema = v.pipe(
  only({
    destination: text("a destination like '/topic/prices'"),
    body: v.optional(v.union([v.string(), v.instance(Uint8Array)], expected('a text or a Uint8Array')), ''),
    headers: v.optional(
      v.pipe(
        sayableNames(),
        v.record(
          v.pipe(
            v.string(),
            v.check((name) => !ownHeaders.includes(name), expected(`a header other than ${ownHeaders.join(', ')}`)),
          ),
          v.string(expected('a text')),
          expected('an object of header names and values'),
        ),
      ),
      {},
    ),
    answer: v.optional(v.picklist(['receipt', 'message'], expected("'receipt' or 'message'")), 'receipt'),
    login: v.optional(line('a text')),
    passcode: v.optional(line('a text', showKind)),
    host: v.optional(line('a text'), '/'),
    heartBeat: v.optional(
      v.pipe(
        duration(0),
        v.check(
          (ms) => Number.isInteger(ms),
          expected('whole milliseconds', (ms) => formatDuration(Number(ms))),
        ),
      ),
      10 * secondMs,
    ),
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

/** The protocol itself, to make one of it whose connections differ. */
export default defineProtocol({
  data: dataOf,
  subprotocols: 'v12.stomp',
  split: frameLength,
  async session(connection, { index, data }): Promise<StompState> {
    const agreed = await connect(connection, data, index)
    const destination = withPlaceholders(data.destination, { i: String(index), c: randomBytes(8).toString('hex') })
    if (data.answer === 'message') await subscribe(connection, destination)
    connection.signal.addEventListener('abort', () => connection.send(frame('DISCONNECT', {})))
    return { head: headOf(destination, data), keepAlive: new KeepAlive(connection, { beat: heartBeat, ...agreed }) }
  },
  message(message, { connection }) {
    const received = readFrame(message)
    if (received?.command === 'ERROR') connection.close(1000, describe(received))
  },
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
  advise: (fault) =>
    adviseUrl(fault, 'take the URL of a listener for STOMP over WebSocket, and leave out the option protocols'),
})

/** Logs in; says how long either side may be silent, in milliseconds. */
async function connect(
  connection: SessionConnection,
  { login, passcode, host, heartBeat }: StompData,
  index: number,
): Promise<{ readonly sendWithin: number; readonly hearWithin: number }> {
  connection.send(
    frame('CONNECT', {
      'accept-version': '1.2',
      host,
      'heart-beat': `${heartBeat},${heartBeat}`,
      ...(login !== undefined && { login: withPlaceholders(login, { i: String(index) }) }),
      ...(passcode !== undefined && { passcode }),
    }),
  )
  const { headers } = await received(connection, 'CONNECTED', 'set login, passcode and host to what the broker knows')
  const [offered = 0, wanted = 0] = (headers.get('heart-beat') ?? '0,0').split(',').map(Number)
  return { sendWithin: agreedOn(heartBeat, wanted), hearWithin: agreedOn(offered, heartBeat) }
}

/** How long a side is silent at most that offers one time to another that wants one; 0 if either does not care. */
function agreedOn(offered: number, wanted: number): number {
  return offered === 0 || wanted === 0 ? 0 : Math.max(offered, wanted)
}

async function subscribe(connection: SessionConnection, destination: string): Promise<void> {
  connection.send(frame('SUBSCRIBE', { id: '0', destination, receipt: 'subscribed' }))
  await received(connection, 'RECEIPT', 'set destination to one that this user may subscribe to')
}

/** The next frame, which has to be a certain one. @param cure what to do about an error instead */
async function received(connection: SessionConnection, command: string, cure: string): Promise<StompFrame> {
  const answer = readFrame(await connection.receive((message) => readFrame(message) !== undefined))!
  if (answer.command === command) return answer
  if (answer.command === 'ERROR') throw new Error(`${describe(answer)}; ${cure}`)
  throw new Error(`expected ${command} from the broker, got ${answer.command}`)
}

/** The message of a ping up to its id, which is its last header. */
function headOf(destination: string, { body, headers, answer }: StompData): string {
  const head = frameHead('SEND', { destination, ...headers, 'content-length': String(Buffer.byteLength(body)) })
  return `${head.slice(0, -1)}${answers[answer].asked}:`
}

/** The message of a ping behind its id. */
const tailOf = prepared(({ body }: StompData) =>
  typeof body === 'string' ? `\n\n${body}\0` : Buffer.concat([Buffer.from('\n\n'), body, Buffer.of(0)]),
)

/** `ERROR: Bad CONNECT: Access refused for user 'guest'` */
function describe({ headers, body }: StompFrame): string {
  const words = [headers.get('message') ?? '', body.replaceAll(/\s+/g, ' ').trim()]
  return ['ERROR', ...words].filter((word) => word !== '').join(': ')
}
