import type { Probe, ProbeContext } from './probe.ts'
import type { FanOutProtocol, Protocol } from './protocol.ts'
import type { ConnectionSetup, StatefulContext } from './protocol-connections.ts'

/** What a protocol says besides the messages that are timed, and what its functions are given of each connection. */
interface Spoken extends Required<Pick<Probe, 'asked' | 'protocol'>> {
  /** Of this thread's connections; each opening of one puts another in its place. */
  readonly contexts: readonly StatefulContext[]
}

/** @param module URL of the file that the protocol is in */
export function speakProtocol(
  { session, message, split, attachments, advise }: Protocol | FanOutProtocol,
  connections: readonly ConnectionSetup[],
  { firstConnection }: ProbeContext,
  module: string,
): Spoken {
  const contexts = connections.map((connection) => connection.context)
  const contextOf = (connection: number): StatefulContext => contexts[connection - firstConnection]!
  return {
    contexts,
    asked: (connection) => connections[connection - firstConnection]!.asked,
    protocol: {
      module,
      // Another one each time it is opened: what an earlier session still does is not of this one.
      speaksOn(connection, line) {
        contexts[connection - firstConnection] = { ...contextOf(connection), state: undefined, connection: line }
      },
      ...(session !== undefined && {
        async session(connection, line) {
          const own = contextOf(connection)
          const { state: _, connection: __, ...known } = own
          own.state = await session(line, known)
        },
      }),
      ...(split !== undefined && { split }),
      ...(attachments !== undefined && { attachments }),
      ...(message !== undefined && { message: (connection, heard) => message(heard, contextOf(connection)) }),
      ...(advise !== undefined && { advise: (connection, fault) => advise(fault, contextOf(connection)) }),
    },
  }
}
