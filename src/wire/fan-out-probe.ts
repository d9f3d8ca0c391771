import { show } from '../wording.ts'
import { fileOf } from './import-module.ts'
import { checkMessage, messageFrames } from './message-frames.ts'
import { wordsOf } from './named-answer.ts'
import type { Probe, ProbeContext } from './probe.ts'
import { messageOf, type ProbeMessage } from './probe-message.ts'
import type { ProbeSpec } from './probe-spec.ts'
import { connectionsOf } from './protocol-connections.ts'
import { importFanOut } from './read-protocol.ts'
import { speakProtocol } from './speak-protocol.ts'

/** Ids of a run lie behind a multiple of this that is drawn for it: so many messages apart, no other run's are taken for its own. */
const idsPerTag = 2 ** 21

/** What {@link Probe.read} says of a message of another machine's publishers, which that machine times, is so low or lower. */
export const ofAnotherMachine = -2

/** The number of such a message: sequence numbers of all machines take turns. @param read what {@link Probe.read} said */
export function messageOfAnother(read: number): number {
  return ofAnotherMachine - read
}

/**
 * What publishers send and subscribers receive: sequence numbers are those of messages, counted over all publishers of this machine,
 * and a frame names the message that it delivers.
 */
export async function fanOutProbe(
  { protocol: module, data }: Extract<ProbeSpec, { kind: 'protocol' }>,
  context: ProbeContext,
  { machine, machines }: { readonly machine: number; readonly machines: number },
): Promise<Probe> {
  const protocol = await importFanOut(module)
  const { firstConnection, maskingKey, tag } = context
  const connections = connectionsOf(protocol, data, context, fileOf(module))
  const { contexts, ...spoken } = speakProtocol(protocol, connections, context, module)
  const { publish, delivery } = protocol
  const firstId = (1 + (tag >>> 1)) * idsPerTag

  function payload(connection: number, message: number): ProbeMessage | readonly ProbeMessage[] {
    return checkMessage(
      publish(firstId + message * machines + machine, contexts[connection - firstConnection]!),
      'protocol.publish',
    )
  }

  let error: string | undefined

  return {
    ...spoken,
    answers: 'message',
    settles: 'named',
    frames: (connection, message) => messageFrames(payload(connection, message), maskingKey),
    keep() {},
    payload,
    read(connection, bytes, start, end, binary) {
      error = undefined
      let id = delivery(messageOf(bytes, start, end, binary), contexts[connection - firstConnection]!)
      if (typeof id === 'object' && id !== null) {
        error = wordsOf(id)
        id = id.id
      }
      if (id !== undefined && id !== null && !isNumber(id))
        throw new TypeError(`protocol.delivery returned ${show(id)}, no whole number`)
      const message = (id ?? NaN) - firstId
      if (!Number.isSafeInteger(message) || message < 0) return -1
      return message % machines === machine ? Math.floor(message / machines) : ofAnotherMachine - message
    },
    errorRead: () => error,
  }
}

/** A whole number, or what is none because there was nothing to make it of. */
function isNumber(id: unknown): boolean {
  return Number.isNaN(id) || (typeof id !== 'boolean' && Number.isInteger(Number(id)))
}
