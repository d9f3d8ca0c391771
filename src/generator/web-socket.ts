import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { SocketAddress } from './socket.ts'
import type { ThreadPlan } from './thread-plan.ts'

/** How long a server may take for its part of a closing handshake. */
export const closingHandshakeMs = 500

const limits = { closeTimeout: closingHandshakeMs }

/** Begins the handshake of a connection on a socket that `connect` opens. */
export function openWebSocket(plan: ThreadPlan, connect: (address: SocketAddress) => Socket): WebSocket {
  return new WebSocket(plan.url, [...plan.protocols], {
    ...limits,
    headers: plan.headers as Record<string, string>,
    perMessageDeflate: plan.perMessageDeflate,
    createConnection: connect as never,
  })
}
