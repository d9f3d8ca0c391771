/**
 * Real WebSocket servers, each a character: `await using server = await stalling({ every: 1_000, for: 200 })` is
 * reachable at `server.url`, tells what it saw, and leaves no socket and no port behind.
 */
export {
  answering,
  automatic,
  coalescing,
  deaf,
  delaying,
  echoing,
  heartbeating,
  losing,
  silent,
  stalling,
} from './answers.ts'
export { babbles, babbling, type Babble } from './babble.ts'
export { freezing, goodbye, lingering, type LingeringOptions } from './lingering.ts'
export { closing, codesOfReset, impatient, resetting, vanishing } from './endings.ts'
export { dead, limited, neverUpgrading, refusing } from './refusals.ts'
export { acknowledging, broadcasting, pulsing, ticking, welcoming } from './unasked.ts'
export { asking, deafAsking, unending } from './excessive.ts'
export { chopping, fragmenting, gluing, greeting, informing } from './segments.ts'
export type { Evidence, Handshake, Server } from './evidence.ts'
export type { Listener, ListenOptions, TlsCharacter } from './listener.ts'
export type { ServeOptions, WsServer } from './ws-server.ts'
