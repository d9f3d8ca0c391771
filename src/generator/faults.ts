import type { IncomingMessage } from 'node:http'
import { withoutSecrets } from '../secrets.ts'
import { beyond } from '../wire/limits.ts'
import { cut } from '../wording.ts'
import type { Session } from './session.ts'

/** A fault of a connection: what it is counted under, and the words that came with it. */
export interface ConnectionFault {
  readonly code: string
  readonly sample: string
}

/** Of what ended by a limit of our own. */
export const generatorLimit = 'GENERATOR_LIMIT'

/** Errors of `ws` and of the HTTP parser by which limits of ours show. */
const limitsByError: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: beyond.message,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: beyond.pieces,
  HPE_HEADER_OVERFLOW: beyond.headers,
}

/** An error of the socket, of TLS, of the HTTP parser or of `ws`: all of them carry a code but for a few of `ws`. */
export function faultOfError(error: Error & { code?: string; errors?: Error[] }): ConnectionFault {
  const { code = 'HANDSHAKE_INVALID', errors = [] } = error
  const excess = limitsByError[code]
  if (excess !== undefined) return faultOfLimit(excess)
  const messages = [error, ...errors].map(({ message }) => message.trim())
  return { code, sample: messages.filter((message) => message !== '').join('; ') }
}

/** What a server may do, and this generator does not take. */
export function faultOfLimit(excess: string): ConnectionFault {
  return { code: generatorLimit, sample: `the server sent ${excess}: a limit of this load generator` }
}

/** An HTTP answer other than 101 to the handshake. A redirect may repeat the secrets of the URL or of a cookie. */
export function faultOfResponse({ statusCode, statusMessage, headers }: IncomingMessage): ConnectionFault {
  const target = headers.location === undefined ? '' : `, redirects to ${withoutSecrets(headers.location)}`
  return { code: `HTTP_${statusCode}`, sample: `${statusCode} ${statusMessage}${target}` }
}

/** Whether a server refused a handshake for a reason of its own: any status but 408, that it had waited too long for a request. */
export function isRefusal({ code }: ConnectionFault): boolean {
  return code.startsWith('HTTP_') && code !== 'HTTP_408'
}

/** So many unanswered control-frame pings may be why a server ended a connection. */
const manyPendingPongs = 10

/**
 * The fault of a connection on which so many control-frame pings were unanswered when the last ones left.
 * @param option the one that limits them
 */
export function whileUnanswered(fault: ConnectionFault, pendingPongs: number, option: string): ConnectionFault {
  if (pendingPongs < manyPendingPongs) return fault
  const hint = `with ${pendingPongs} pings unanswered; if the server limits them, take a lower ${option}`
  return { ...fault, sample: `${fault.sample}, ${hint}` }
}

/** The end of a connection whose session was not over. @param place where in a user's code it came to that */
export function faultOfSession(what: string, place: string | undefined): ConnectionFault {
  return { code: 'SESSION_FAILED', sample: place === undefined ? what : `${what} (${place})` }
}

/** Characters of a server's message that a sample shows. */
const longestMessage = 100

/** A session that is not over after `limit` milliseconds: where it waits, and what the server has said instead. */
export function describeTimeout({ unreceived }: Pick<Session, 'unreceived'>, limit: number, place?: string): string {
  const waits = place === undefined ? '' : `, waits for a message (${place})`
  const last = unreceived.at(-1)
  const text = typeof last === 'string' ? JSON.stringify(cut(last, longestMessage)) : `${last?.length} bytes`
  const missed = last === undefined ? '' : `; of ${unreceived.length} that it has not received, the last: ${text}`
  return `not over after ${limit} ms${waits}${missed}`
}

/** The end of a connection that nobody here asked for. @see RFC 6455 section 7.4 */
export function faultOfClose(code: number, reason: Buffer): ConnectionFault {
  const text = reason.toString()
  if (text !== '') return { code: `CLOSE_${code}`, sample: text }
  return { code: `CLOSE_${code}`, sample: code === 1006 ? 'ended without a close frame' : 'closed by the server' }
}
