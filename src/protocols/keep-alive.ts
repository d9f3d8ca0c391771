import type { ProtocolConnection } from '../wire/protocol.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'

export interface KeepAliveOptions {
  /** What is sent where nothing else was. */
  readonly beat: ProbeMessage
  /** Milliseconds within which the server wants to hear something; 0 if it does not care. */
  readonly sendWithin: number
}

/** Times in each period: so what is sent at the beginning of one is followed by something well before the period is over. */
const looksPerPeriod = 3
/** So many whole periods in which nothing came: a timer of a thread that was held up may be early for what waits to be read. */
const mostSilentPeriods = 2

/** What is longer, a timer takes for no time at all. */
const longestTimerMs = 2 ** 31 - 1

/** Keeps a connection from falling silent until it ends, and ends it if the server does that has promised not to. */
export class KeepAlive {
  /** To be set when something is sent. */
  hasSent = true
  /** To be set when something comes. */
  hasHeard = true
  readonly #connection: ProtocolConnection

  constructor(connection: ProtocolConnection, { beat, sendWithin }: KeepAliveOptions) {
    this.#connection = connection
    if (sendWithin === 0) return
    repeat(connection, sendWithin / looksPerPeriod, () => {
      if (!this.hasSent) connection.send(beat)
      this.hasSent = false
    })
  }

  /** From now on the server is heard. @param withinMs the server has promised to say something within so many milliseconds; 0 if it has not */
  expectBeats(withinMs: number): void {
    if (withinMs === 0) return
    let silentPeriods = 0
    repeat(this.#connection, withinMs, () => {
      silentPeriods = this.hasHeard ? 0 : silentPeriods + 1
      this.hasHeard = false
      if (silentPeriods < mostSilentPeriods) return
      const most = mostSilentPeriods * withinMs
      const words = `nothing came for ${most} ms, the server had promised a heart-beat every ${withinMs} ms`
      this.#connection.close(1000, words)
    })
  }
}

/** For as long as the connection lasts. */
function repeat({ signal }: ProtocolConnection, everyMs: number, what: () => void): void {
  if (signal.aborted) return
  const timer = setInterval(what, Math.min(everyMs, longestTimerMs))
  signal.addEventListener('abort', () => clearInterval(timer))
}
