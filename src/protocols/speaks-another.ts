import type { ProtocolFault } from '../wire/protocol.ts'

const refusals = /^(?:HTTP_\d+|ECONNRESET|HANDSHAKE_INVALID)$/

/** Whether a fault is what comes of an endpoint that speaks another protocol. */
export function speaksAnother({ code, during }: ProtocolFault): boolean {
  return (during === 'handshake' && refusals.test(code)) || code === 'SESSION_TIMEOUT'
}
