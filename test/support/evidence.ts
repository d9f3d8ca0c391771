/** What a server saw of its clients, for a test to hold against what a client says of itself. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Listener } from './listener.ts'

export interface Handshake {
  /** The request target, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly remoteAddress: string | undefined
  /** Common name of the client's certificate. */
  readonly clientName: string | undefined
  /** 101, or the status it was refused with. */
  status: number
  /** The subprotocol agreed on, '' for none. */
  protocol: string
  /** The extensions agreed on, '' for none. */
  extensions: string
}

export interface Evidence {
  /** Every handshake request, refused ones too, in order of arrival. */
  readonly handshakes: Handshake[]
  pings: number
  /** Payload bytes of each ping, in order of arrival. */
  readonly pingSizes: number[]
  pongs: number
  messages: number
  /** Payload bytes of each message, in order of arrival. */
  readonly messageSizes: number[]
  /** How each WebSocket ended, as the server saw it: 1006 where no close frame came, 1005 where it had no code. */
  readonly closes: { readonly code: number; readonly reason: string }[]
  /** Violations of the protocol by clients, and socket errors. */
  readonly errors: Error[]
}

export type Server = Listener & Evidence

export function noEvidence(): Evidence {
  return { handshakes: [], pings: 0, pingSizes: [], pongs: 0, messages: 0, messageSizes: [], closes: [], errors: [] }
}

export function seenHandshake(path: string, headers: Handshake['headers'], socket: Socket): Handshake {
  const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined
  const [clientName] = [subject?.CN].flat()
  return { path, headers, remoteAddress: socket.remoteAddress, clientName, status: 101, protocol: '', extensions: '' }
}
