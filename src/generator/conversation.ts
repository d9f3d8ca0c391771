import { performance } from 'node:perf_hooks'
import type { LoadedProtocol } from '../wire/probe.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'
import type { ProtocolConnection } from '../wire/protocol.ts'
import { type ConnectionFault, describeTimeout, faultOfSession } from './faults.ts'
import { placeOf } from './place.ts'
import type { PollClock } from './poll-clock.ts'
import type { Recorder } from './recorder.ts'
import { Session, SessionOver } from './session.ts'

/** The connection that a protocol speaks on. */
export interface Speaker {
  /** Number in the run, from 0. */
  readonly index: number
  readonly protocol: LoadedProtocol
  readonly clock: PollClock
  readonly recorder: Recorder
  /** Whether it is open for pings. */
  readonly isOpen: () => boolean
  /** Whether either side has begun to close. */
  readonly isEnding: () => boolean
  readonly send: (message: ProbeMessage) => void
  readonly close: (code?: number, reason?: string) => void
  /** It is open for pings from now on. */
  readonly sessionOver: () => void
  readonly sessionFailed: (fault: ConnectionFault) => void
  /** Counts a fault. */
  readonly report: (fault: ConnectionFault) => void
}

/** What a protocol says on one connection besides pings: its session first, then what it answers to the messages it hears. */
export class Conversation {
  readonly #speaker: Speaker
  readonly #line: ProtocolConnection
  /** While it is not over. */
  #session: Session | undefined
  /** Of the connection, if the protocol has asked for it. */
  #life: AbortController | undefined
  #isOver = false

  constructor(speaker: Speaker) {
    this.#speaker = speaker
    const signal = (): AbortSignal => this.#signal
    this.#line = {
      send(message) {
        if (typeof message !== 'string' && !(message instanceof Uint8Array)) {
          throw new TypeError(`send() was given ${typeof message}, neither a text nor a Uint8Array`)
        }
        if (!speaker.isEnding()) speaker.send(message)
      },
      close: (code, reason) => speaker.close(code, reason),
      get signal() {
        return signal()
      },
    }
    speaker.protocol.speaksOn(speaker.index, this.#line)
    if (speaker.protocol.session !== undefined) this.#session = new Session(this.#line)
  }

  /** Says what has to be said before the first ping; nothing if it was ended before. */
  begin(): void {
    if (this.#session === undefined) return
    this.#session.began = performance.now()
    void this.#run(this.#session)
  }

  /** A message came during the session. */
  deliver(message: ProbeMessage): void {
    this.#session?.deliver(message)
  }

  /** A message came that answers no ping. */
  hear(message: ProbeMessage): void {
    const { index, protocol, isOpen } = this.#speaker
    if (protocol.message === undefined || !isOpen()) return
    try {
      const heard = protocol.message(index, message)
      if (heard instanceof Promise) heard.catch((error: unknown) => this.blame('PROBE_MESSAGE_FAILED', error))
    } catch (error) {
      this.blame('PROBE_MESSAGE_FAILED', error)
    }
  }

  /** Counts what a function of the protocol threw. */
  blame(code: string, error: unknown): void {
    const { protocol, report } = this.#speaker
    const place = placeOf(error, protocol.module)
    report({ code, sample: place === undefined ? String(error) : `${String(error)} (${place})` })
  }

  /**
   * Ends a session that takes too long.
   * @param limit when it should have begun at the latest, in milliseconds of `performance.now()`
   * @param timeout in milliseconds
   */
  expire(limit: number, timeout: number): void {
    const session = this.#session
    if (session === undefined || session.began > limit) return
    this.#fail({ code: 'SESSION_TIMEOUT', sample: describeTimeout(session, timeout, this.#waitsAt(session)) })
  }

  /** Ends the session with its connection. */
  breakOff({ code, sample }: ConnectionFault): void {
    const session = this.#session
    if (session !== undefined) {
      this.#fail(faultOfSession(`its connection ended with ${code}: ${sample}`, this.#waitsAt(session)))
    }
  }

  /** Ends the session if it is not over: who still waits for a message is told why. */
  end(reason: string): void {
    this.#session?.end(reason)
    this.#session = undefined
  }

  /** Its connection has ended, or is about to be ended by the run. */
  over(): void {
    this.#isOver = true
    this.#life?.abort(new SessionOver('the connection has ended'))
  }

  get #signal(): AbortSignal {
    this.#life ??= new AbortController()
    if (this.#isOver) this.over()
    return this.#life.signal
  }

  async #run(session: Session): Promise<void> {
    const { index, protocol, clock, recorder, isEnding, sessionOver } = this.#speaker
    try {
      await protocol.session!(index, session.connection)
    } catch (error) {
      if (this.#session === session) this.#fail(faultOfSession(String(error), placeOf(error, protocol.module)))
      return
    }
    // One that is ending tells the reason when it has ended.
    if (this.#session !== session || isEnding()) return
    clock.update()
    recorder.sessionOver(session.began, clock.floor, performance.now())
    this.end('the session is over')
    sessionOver()
    for (const message of session.unreceived) {
      recorder.messages.unsolicited++
      this.hear(message)
    }
  }

  #fail(fault: ConnectionFault): void {
    this.end(fault.sample)
    this.#speaker.sessionFailed(fault)
  }

  /** Where in the user's code it waits for a message. */
  #waitsAt({ waitsAt }: Session): string | undefined {
    return waitsAt && placeOf(waitsAt, this.#speaker.protocol.module)
  }
}
