import type { Asked } from '../secrets.ts'
import type { AttachmentsFunction } from './attachment-collector.ts'
import type { SplitFunction } from './message-splitter.ts'
import type { ProbeMessage } from './probe-message.ts'
import type { FanOutMember, ProtocolConnection, ProtocolFault, SessionConnection } from './protocol.ts'

/** What a connection asks for in its handshake. */
export type OwnHandshake = Asked & Required<Pick<Asked, 'headers' | 'protocols'>>

/** What a protocol says on each connection besides pings. */
export interface LoadedProtocol {
  /** URL of the file that it is in. */
  readonly module: string
  /** Its functions speak on this line of a connection from now on. */
  readonly speaksOn: (connection: number, line: ProtocolConnection) => void
  /** Runs the session of a connection to its end; its pings then know what it returned. */
  readonly session?: (connection: number, line: SessionConnection) => Promise<void>
  /** Hears a message that answers no ping. */
  readonly message?: (connection: number, message: ProbeMessage) => unknown
  readonly split?: SplitFunction
  readonly attachments?: AttachmentsFunction
  /** What may be wrong where a connection had a fault. */
  readonly advise?: (connection: number, fault: ProtocolFault) => string | undefined
}

/** What a load thread needs to know of the run to make its probe. */
export interface ProbeContext {
  /** Connections of the run over all threads: ids are unique among them. */
  readonly connections: number
  /** Drawn at random for the run, 0 to 2^32 - 1: what earlier and other runs sent is none of its own. */
  readonly tag: number
  /** Number of this thread's first connection in the run, and how many it has. */
  readonly firstConnection: number
  readonly ownConnections: number
  /** What all connections ask for in their handshakes, if nothing else is their own. */
  readonly asked: OwnHandshake
  /** Whether all connections have to go to the server of the run's URL, as those of either side of a comparison. */
  readonly toOneServer: boolean
  readonly maskingKey: Uint8Array
  /** Of a fan-out, which part each of this thread's connections takes, and its number in the run as the protocol is told it. */
  readonly members?: readonly (FanOutMember & { readonly index: number })[]
}

/** A kind of ping: makes its frames and recognises its answers. */
export interface Probe {
  /** What answers: a pong control frame or a data message. */
  readonly answers: 'pong' | 'message'
  /**
   * Which ping an answer settles: the one it names and all older ones (a pong, RFC 6455 section 5.5.3), the one it
   * names, or the oldest.
   */
  readonly settles: 'up to' | 'named' | 'oldest'
  /**
   * Frames of the pings `first`, `first + 1`, … of a connection, `count` of them, ready for its socket; where answers name
   * pings, one. The buffer is written again by the next call, unless {@link Probe.keep} says that a socket still needs it.
   */
  frames(connection: number, first: number, count: number): Buffer
  keep(): void
  /** One ping's payload, or those of its messages, for an implementation that frames and compresses it itself. */
  payload(connection: number, sequence: number): ProbeMessage | readonly ProbeMessage[]
  /** What a connection asks for in its handshake and is told after it, where that is its own. */
  asked?(connection: number): OwnHandshake
  /** What is said on its connections besides. */
  readonly protocol?: LoadedProtocol
  /** The sequence number that an answer names, modulo 2^32, or -1 for a frame that answers nothing. */
  read(connection: number, bytes: Uint8Array, start: number, end: number, binary: boolean): number
  /** The server's words, if the answer that was read last is an error. */
  errorRead?(): string | undefined
}
