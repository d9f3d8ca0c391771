import type { ProtocolFault } from '../wire/protocol.ts'

/**
 * How a handshake fails at an endpoint that speaks another protocol, or none. A server that wants a login (401, 403), or has
 * too much to do (429, 503), says so itself.
 */
const refusals = /^(?:HTTP_(?:2\d\d|3\d\d|400|404|405|426|501)|ECONNRESET|HANDSHAKE_INVALID)$/

/**
 * What to change where a fault is what comes of a URL that is no server of the protocol.
 * @param cure where the server then is; of one that is only slow, what else to change is added
 * @returns `undefined` of other faults
 */
export function adviseUrl({ code, during }: ProtocolFault, cure: string): string | undefined {
  if (code === 'SESSION_TIMEOUT') return `${cure}; if the server is slow, raise sessionTimeout or lower sessionRate`
  return during === 'handshake' && refusals.test(code) ? cure : undefined
}
