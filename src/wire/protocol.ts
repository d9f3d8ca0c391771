import type { ProbeMessage } from './probe-message.ts'

export type { ProbeMessage }

/** What is known of a connection when it opens. */
export interface SessionContext<Data = unknown> {
  /** Number of the connection in the run, from 0. */
  readonly index: number
  readonly data: Data
}

/** What is known of the connection that a ping goes over. */
export interface PingContext<State = unknown, Data = unknown> extends SessionContext<Data> {
  /** What the session returned; `undefined` without one. */
  readonly state: State
}

/** A connection to speak on. */
export interface ProtocolConnection {
  /**
   * Sends a text, or bytes as a binary message; nothing if the connection is ending.
   * @throws {TypeError} of anything else
   */
  send(this: void, message: ProbeMessage): void
  /**
   * Ends the connection.
   * @param code 1000 or 3000 to 4999 (RFC 6455 section 7.4). Default: 1000
   * @param reason shown with the fault that this is counted as; the server is told as much of it as a close frame holds, 123
   *   bytes in UTF-8
   */
  close(this: void, code?: number, reason?: string): void
  /**
   * Aborted when the connection ends, so that timers which were begun for it do. What is sent then is sent if it is the run
   * that ends it.
   */
  readonly signal: AbortSignal
}

/** What is known of the connection that a message came over. */
export interface MessageContext<State = unknown, Data = unknown> extends PingContext<State, Data> {
  readonly connection: ProtocolConnection
}

/** What went wrong on a connection. */
export interface ProtocolFault {
  /** `HTTP_404`, `CLOSE_4403`, `SESSION_TIMEOUT`, `ERROR_ANSWER` … */
  readonly code: string
  /** The words that came with it. */
  readonly sample: string
  /** How far the connection had come. */
  readonly during: 'handshake' | 'session' | 'flood'
}

/** The answer to a ping, or what comes of a message that is published; either may be an error. */
export interface NamedAnswer {
  /** Of the ping or the message. */
  readonly id: number
  /** The server's words, if it is an error; an empty text is none. */
  readonly error?: string | null | undefined
}

/** A connection as a session has it. */
export interface SessionConnection extends ProtocolConnection {
  /**
   * The next message that matches; the others stay for later calls. Rejects when the connection ends, and when the session
   * is over.
   * @param match default: every message does
   */
  receive(this: void, match?: (message: ProbeMessage) => boolean): Promise<ProbeMessage>
  /** All messages from now on that no other call receives; ends with the session. */
  messages(this: void): AsyncIterableIterator<ProbeMessage>
}

/** Names and values of headers; a list gives a name several values. */
export type ProtocolHeaders = Readonly<Record<string, string | readonly string[]>>

/** What a server expects on each connection besides the messages that are timed. `Member` is what else is known of a connection. */
interface Conversation<State, Data, Given, Member> {
  /** Asked for where the option `protocols` names none. */
  readonly subprotocols?: string | readonly string[]
  /** Instead of the run's `url`, to which it may be relative: `/rooms/7`. A function is given that one too. */
  readonly url?: string | URL | ((index: number, data: Data, url: string, member: Member) => string | URL)
  /** Of the handshake; the option `headers` goes before one of the same name. */
  readonly headers?: ProtocolHeaders | ((index: number, data: Data, member: Member) => ProtocolHeaders)
  /** What `context.data` is: this where the probe's option has no `data`, or what this function makes of that for a connection. */
  readonly data?: Data | ((index: number, given: Given, member: Member) => Data)
  /**
   * Says what a server wants to hear before the first ping or publication, which is when all sessions are over.
   * @returns the connection's state
   */
  session?(this: void, connection: SessionConnection, context: SessionContext<Data> & Member): State | Promise<State>
  /**
   * Hears what the server says and `reply` or `delivery` does not recognise, from the end of the session to that of the run: heartbeats,
   * say, which it may answer at any time.
   */
  message?(this: void, message: ProbeMessage, context: MessageContext<State, Data> & Member): void
  /**
   * Where a message of the protocol may come as several WebSocket messages, or several as one: how many bytes the first
   * one in these has, header included. More than there are if it is not whole, 0 if that cannot be told yet. A message that ends
   * with a text is a text, else a binary. Default: each WebSocket message is one.
   * @param bytes that are no message yet, to be read during the call only; of texts in UTF-8
   */
  split?(this: void, bytes: Uint8Array): number
  /**
   * Where WebSocket messages may belong to the one before them: how many of the binary ones that come next are attached to this one.
   * `receive`, `message`, `reply` and `delivery` are given it when all of them have come, and not what they hold. Default: none.
   * @param bytes of the message, to be read during the call only; of a text in UTF-8
   */
  attachments?(this: void, bytes: Uint8Array): number
  /**
   * Says what may be wrong where a connection had a fault: it is shown behind the fault's words.
   * @returns what to change, or `undefined` if it knows no more than the fault says
   */
  advise?(this: void, fault: ProtocolFault, context: SessionContext<Data> & Member): string | undefined
}

/**
 * What a server expects beyond frames: the `export default` of a module that each load thread imports. `url`, `headers`
 * and `data` may be functions of the connection's number in the run, from 0, so that each connection is a user of its own.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- What the probe's option carries here nobody can infer.
export interface Protocol<State = any, Data = any, Given = any> extends Conversation<State, Data, Given, unknown> {
  /**
   * Makes the message of one ping, or several that are sent together.
   * @param id a whole number from 1, unique in the run; the answer must carry it back
   */
  request(this: void, id: number, context: PingContext<State, Data>): ProbeMessage | readonly ProbeMessage[]
  /**
   * Recognises an answer.
   * @returns the id of the ping that the message answers, `undefined` when it answers none. With the words of an error, the
   * ping is lost: it has failed, however quickly, and the words are the fault `ERROR_ANSWER`
   */
  reply(
    this: void,
    message: ProbeMessage,
    context: MessageContext<State, Data>,
  ): number | NamedAnswer | null | undefined
}

/** Which part a connection takes where one publishes and many receive. */
export interface FanOutMember {
  readonly role: 'publisher' | 'subscriber'
  /** From 0; what a publisher of a room publishes, all of the room's subscribers receive. */
  readonly room: number
}

/** What the server of a fan-out expects, and how a message is told from others: likewise the `export default` of a module. */
// oxlint-disable-next-line typescript/no-explicit-any -- See `Protocol`.
export interface FanOutProtocol<State = any, Data = any, Given = any> extends Conversation<
  State,
  Data,
  Given,
  FanOutMember
> {
  /**
   * Makes what a publisher sends for one message, or several that are sent together.
   * @param id a whole number, unique in the run and among runs; each delivery must carry it
   */
  publish(
    this: void,
    id: number,
    context: PingContext<State, Data> & FanOutMember,
  ): ProbeMessage | readonly ProbeMessage[]
  /**
   * Recognises a message that has reached a subscriber.
   * @returns its id, `undefined` of anything else that the server says. With the words of an error, to a publisher whose
   * message was refused, say, nothing is delivered, and the words are the fault `ERROR_ANSWER`
   */
  delivery(
    this: void,
    message: ProbeMessage,
    context: MessageContext<State, Data> & FanOutMember,
  ): number | NamedAnswer | null | undefined
}

/** Gives a protocol's functions their types. */
// oxlint-disable-next-line typescript/no-explicit-any -- See `Protocol`.
export function defineProtocol<State = undefined, Data = any, Given = Data>(
  protocol: FanOutProtocol<State, Data, Given>,
): FanOutProtocol<State, Data, Given>
// oxlint-disable-next-line typescript/no-explicit-any -- See `Protocol`.
export function defineProtocol<State = undefined, Data = any, Given = Data>(
  protocol: Protocol<State, Data, Given>,
): Protocol<State, Data, Given>
export function defineProtocol(protocol: Protocol | FanOutProtocol): Protocol | FanOutProtocol {
  return protocol
}
