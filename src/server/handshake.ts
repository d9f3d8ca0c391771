import * as timers from 'node:timers'
import { WebSocket } from 'ws'
import { printable } from '../printable.ts'
import { maskerOf } from '../secrets.ts'

const { clearTimeout, setTimeout } = timers

const handshakeTimeoutMs = 5_000
const closingTimeMs = 1_000
/** How long a server has to take back what it has accepted, before it counts as up. */
const secondThoughtsMs = 250
/** Close codes of a server, or of a proxy before it, that asks to be tried later: restart, try again later, bad gateway. */
const laterCodes: ReadonlySet<number> = new Set([1012, 1013, 1014])

/** What a test brings to its handshakes, so that the server is asked the same way while it starts. */
export interface Handshake {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly protocols?: readonly string[]
  readonly tls?: object
}

/** How a handshake was answered. */
export interface Answer {
  readonly up: boolean
  readonly words: string
}

/**
 * Opens a WebSocket and closes it again. A server that refuses with 401 or 403 counts as up: the test may bring its own
 * credentials. One that accepts and then closes at once, to be tried again later, does not. Takes 5 s to open and 1.25 s to
 * close at most.
 */
export function shakeHands(url: string, handshake: Handshake, signal: AbortSignal): Promise<Answer> {
  const { headers, protocols = [], tls } = handshake
  const mask = maskerOf({ url, ...handshake })
  return new Promise((resolve) => {
    let answer: Answer | undefined
    let slow: NodeJS.Timeout | undefined
    const socket = new WebSocket(url, [...protocols], {
      ...tls,
      headers: headers as Record<string, string>,
      handshakeTimeout: handshakeTimeoutMs,
      perMessageDeflate: false,
    })
    const hangUp = (): void => socket.terminate()
    socket.on('unexpected-response', (_request, { statusCode }) => {
      answer = { up: statusCode === 401 || statusCode === 403, words: `HTTP ${statusCode}` }
      hangUp()
    })
    socket.on('open', () => {
      answer = { up: true, words: 'accepted' }
      slow = setTimeout(() => {
        slow = setTimeout(hangUp, closingTimeMs)
        socket.close(1000)
      }, secondThoughtsMs)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      answer ??= { up: false, words: printable(mask(error.message || (error.code ?? error.name))) }
    })
    socket.on('close', (code, reason) => {
      clearTimeout(slow)
      if (laterCodes.has(code)) {
        const why = printable(mask(String(reason)))
        answer = { up: false, words: `accepted, and closed at once with ${code}${why === '' ? '' : ` (${why})`}` }
      }
      signal.removeEventListener('abort', hangUp)
      resolve(answer ?? { up: false, words: 'closed' })
    })
    signal.addEventListener('abort', hangUp)
    if (signal.aborted) hangUp()
  })
}
