import type { ProbeMessage } from '../wire/probe-message.ts'
import type { ProtocolConnection, SessionConnection } from '../wire/protocol.ts'

/** A `receive()` that no message has come for. */
interface Waiting {
  readonly match: (message: ProbeMessage) => boolean
  readonly resolve: (message: ProbeMessage) => void
  readonly reject: (error: unknown) => void
  /** Knows where it was called. */
  readonly call: Error
}

/** What is told who goes on when a session, or its connection, is over. */
export class SessionOver extends Error {
  override readonly name = 'SessionOver'
}

/**
 * What a protocol does on one connection before the flood. Messages wait until they are received, or until the session
 * is over.
 */
export class Session {
  /** When it began, in milliseconds of `performance.now()`; Infinity before. */
  began = Infinity
  readonly connection: SessionConnection
  readonly #unreceived: ProbeMessage[] = []
  readonly #waiting: Waiting[] = []
  #isOver = false

  constructor(line: ProtocolConnection) {
    const { send, close } = line
    this.connection = {
      send,
      close,
      get signal() {
        return line.signal
      },
      receive: (match = () => true) => this.#receive(match),
      messages: () => this.#messages(),
    }
  }

  /** A message came: it goes to who has waited for one like it the longest. */
  deliver(message: ProbeMessage): void {
    // Whoever takes it, or cannot read it, leaves the list meanwhile.
    const isTaken = this.#waiting.slice().some((waiting) => this.#take(waiting, message))
    if (!isTaken) this.#unreceived.push(message)
  }

  /** Where it waits for a message, for as long as it does: an error from there. */
  get waitsAt(): Error | undefined {
    return this.#waiting[0]?.call
  }

  /** What nobody has received. */
  get unreceived(): readonly ProbeMessage[] {
    return this.#unreceived
  }

  /** Ends it: who still waits for a message is told why. */
  end(reason: string): void {
    this.#isOver = true
    for (const { reject } of this.#waiting.splice(0)) reject(new SessionOver(reason))
  }

  async #receive(match: (message: ProbeMessage) => boolean): Promise<ProbeMessage> {
    if (this.#isOver) throw new SessionOver('the session is over')
    const nth = this.#unreceived.findIndex((message) => match(message))
    if (nth !== -1) return this.#unreceived.splice(nth, 1)[0]!
    const { promise, resolve, reject } = Promise.withResolvers<ProbeMessage>()
    this.#waiting.push({ match, resolve, reject, call: new Error('receive') })
    return promise
  }

  async *#messages(): AsyncGenerator<ProbeMessage, void, void> {
    while (!this.#isOver) {
      try {
        yield await this.#receive(() => true)
      } catch (error) {
        if (error instanceof SessionOver) return
        throw error
      }
    }
  }

  /** Whether it has taken the message: one whose `match` fails takes none. */
  #take(waiting: Waiting, message: ProbeMessage): boolean {
    const { match, resolve, reject } = waiting
    const leave = (): void => void this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
    try {
      if (!match(message)) return false
      leave()
      resolve(message)
      return true
    } catch (error) {
      leave()
      reject(error)
      return false
    }
  }
}
