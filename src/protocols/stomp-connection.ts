/**
 * How a client gets into a broker of STOMP 1.2, and stays.
 * @see https://stomp.github.io/stomp-specification-1.2.html
 */
import * as v from 'valibot'
import { duration, expected, sayableNames, text } from '../options/fields.ts'
import { formatDuration } from '../units.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'
import type { ProtocolConnection, ProtocolFault, SessionConnection } from '../wire/protocol.ts'
import { showKind } from '../wording.ts'
import { adviseUrl } from './advise-url.ts'
import { KeepAlive } from './keep-alive.ts'
import { withPlaceholders } from './placeholders.ts'
import { frame, heartBeat as beat, readFrame, type StompFrame } from './stomp-frame.ts'

/** As whom a client comes, and how often it is heard. */
export interface StompConnection {
  /** `%i` in it is the number of the connection, from 0. */
  readonly login?: string
  readonly passcode?: string
  /** The broker's virtual host. Default: `'/'`. */
  readonly host?: string
  /** How long a side is silent at most; each side may want or offer less, and 0 is for ever. Default: '10s'. */
  readonly heartBeat?: number | string
}

interface ConnectionData {
  readonly login?: string | undefined
  readonly passcode?: string | undefined
  readonly host: string
  /** In milliseconds. */
  readonly heartBeat: number
}

/** How long either side may be silent, in milliseconds; 0 is for ever. */
export interface AgreedSilence {
  readonly sendWithin: number
  readonly hearWithin: number
}

const ownHeaders = ['destination', 'content-length', 'receipt', 'correlation-id', 'transaction']
const secondMs = 1_000

/** The fields of {@link StompConnection}. */
export const connectionFields = {
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
}

export function destinationName() {
  return text("a destination like '/topic/prices'")
}

/** Headers of what is sent, besides those of the protocol. */
export function messageHeaders() {
  return v.pipe(
    sayableNames(),
    v.record(
      v.pipe(
        v.string(),
        v.check((name) => !ownHeaders.includes(name), expected(`a header other than ${ownHeaders.join(', ')}`)),
      ),
      v.string(expected('a text')),
      expected('an object of header names and values'),
    ),
  )
}

/** CONNECT has no escapes for the end of a line. */
function line(what: string, shown?: typeof showKind) {
  return v.pipe(
    v.string(expected(what, shown)),
    v.check((given) => !/[\r\n\0]/.test(given), expected(`${what} of one line`, shown)),
  )
}

/** Logs in. */
export async function logIn(
  connection: SessionConnection,
  { login, passcode, host, heartBeat }: ConnectionData,
  index: number,
): Promise<AgreedSilence> {
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

/** @param hasReceipt whether to wait until the broker has given one */
export async function subscribe(connection: SessionConnection, destination: string, hasReceipt = true): Promise<void> {
  const receipt = hasReceipt ? { receipt: 'subscribed' } : {}
  connection.send(frame('SUBSCRIBE', { id: '0', destination, ...receipt }))
  if (hasReceipt) await received(connection, 'RECEIPT', 'set destination to one that this user may subscribe to')
}

/** Keeps a client that has logged in from being taken for dead, and says goodbye at its end. */
export function stay(connection: ProtocolConnection, { sendWithin }: AgreedSilence): KeepAlive {
  connection.signal.addEventListener('abort', () => connection.send(frame('DISCONNECT', {})))
  return new KeepAlive(connection, { beat, sendWithin })
}

/** Minds that the broker sends the client away. */
export function hearBroker(message: ProbeMessage, connection: ProtocolConnection): void {
  const heard = readFrame(message)
  if (heard?.command === 'ERROR') connection.close(1000, describe(heard))
}

export function adviseOnConnection(fault: ProtocolFault): string | undefined {
  return adviseUrl(fault, 'take the URL of a listener for STOMP over WebSocket, and leave out the option protocols')
}

/** How long a side is silent at most that offers one time to another that wants one; 0 if either does not care. */
function agreedOn(offered: number, wanted: number): number {
  return offered === 0 || wanted === 0 ? 0 : Math.max(offered, wanted)
}

/** The next frame but for messages of others, which has to be a certain one. @param cure what to do about an error instead */
async function received(connection: SessionConnection, command: string, cure: string): Promise<StompFrame> {
  const isExpected = (message: ProbeMessage): boolean => {
    const said = readFrame(message)
    return said !== undefined && said.command !== 'MESSAGE'
  }
  const answer = readFrame(await connection.receive(isExpected))!
  if (answer.command === command) return answer
  if (answer.command === 'ERROR') throw new Error(`${describe(answer)}; ${cure}`)
  throw new Error(`expected ${command} from the broker, got ${answer.command}`)
}

/** `ERROR: Bad CONNECT: Access refused for user 'guest'` */
function describe({ headers, body }: StompFrame): string {
  const words = [headers.get('message') ?? '', body.replaceAll(/\s+/g, ' ').trim()]
  return ['ERROR', ...words].filter((word) => word !== '').join(': ')
}
