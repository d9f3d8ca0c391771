import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { mostHeaderBytes, mostMessageBytes, mostPieces } from '../wire/limits.ts'
import type { SocketAddress } from './socket.ts'
import type { ThreadPlan } from './thread-plan.ts'

/** How long a server may take for its part of a closing handshake. */
export const closingHandshakeMs = 500

/** Instead of the defaults of `ws` and Node; the pings of a server are answered elsewhere. */
const limits = {
  autoPong: false,
  closeTimeout: closingHandshakeMs,
  maxPayload: mostMessageBytes,
  maxFragments: 0,
  maxBufferedChunks: mostPieces,
  maxHeaderSize: mostHeaderBytes,
}

/** What a control frame holds besides the code of a close frame. @see RFC 6455 sections 5.5 and 5.5.1 */
const mostReasonBytes = 123

/** As much of a text as a close frame can say. */
export function closeReason(text: string): Buffer {
  const bytes = Buffer.alloc(mostReasonBytes)
  return bytes.subarray(0, new TextEncoder().encodeInto(text, bytes).written)
}

/** Begins the handshake of a connection on a socket that `connect` opens. */
export function openWebSocket(plan: ThreadPlan, connect: (address: SocketAddress) => Socket): WebSocket {
  return new WebSocket(plan.url, [...plan.protocols], {
    ...limits,
    headers: plan.headers as Record<string, string>,
    perMessageDeflate: plan.perMessageDeflate,
    createConnection: connect as never,
  })
}
