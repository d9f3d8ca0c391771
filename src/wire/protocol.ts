import type { ProbeMessage } from './probe-message.ts'

export type { ProbeMessage }

/** What is known of the connection that a message goes over. */
export interface PingContext<Data = unknown> {
  /** Number of the connection in the run, from 0. */
  readonly index: number
  readonly data: Data
}

/** Names and values of headers; a list gives a name several values. */
export type ProtocolHeaders = Readonly<Record<string, string | readonly string[]>>

/**
 * What a server expects beyond frames: the `export default` of a module that each load thread imports. `url`, `headers`
 * and `data` may be functions of the connection's number in the run, from 0, so that each connection is a user of its own.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- What the probe's option carries here nobody can infer.
export interface Protocol<Data = any, Given = any> {
  /** Asked for where the option `protocols` names none. */
  readonly subprotocols?: string | readonly string[]
  /** Instead of the run's `url`, to which it may be relative: `/rooms/7`. */
  readonly url?: string | URL | ((index: number, data: Data) => string | URL)
  /** Of the handshake; the option `headers` goes before one of the same name. */
  readonly headers?: ProtocolHeaders | ((index: number, data: Data) => ProtocolHeaders)
  /** What `context.data` is: this where the probe's option has no `data`, or what this function makes of that for a connection. */
  readonly data?: Data | ((index: number, given: Given) => Data)
  /**
   * Makes the message of one ping.
   * @param id a whole number from 1, unique in the run; the answer must carry it back
   */
  request(this: void, id: number, context: PingContext<Data>): ProbeMessage
  /**
   * Recognises an answer.
   * @returns the id of the ping that the message answers, or `undefined` when it answers none
   */
  reply(this: void, message: ProbeMessage, context: PingContext<Data>): number | null | undefined
}

/** Gives a protocol's functions their types. */
// oxlint-disable-next-line typescript/no-explicit-any -- See `Protocol`.
export function defineProtocol<Data = any, Given = Data>(protocol: Protocol<Data, Given>): Protocol<Data, Given> {
  return protocol
}
