import { maskedFrame, opcodes } from './frames.ts'
import { fileOf, importModule } from './import-module.ts'
import type { Probe, ProbeContext } from './probe.ts'
import { messageOf, type ProbeMessage } from './probe-message.ts'
import { type ProbeFunctions, type ProbeSpec, revive } from './probe-spec.ts'
import type { PingContext, Protocol } from './protocol.ts'
import { type StatefulContext, connectionsOf } from './protocol-connections.ts'
import { importProtocol } from './read-protocol.ts'
import { UnusableProbe } from './unusable-probe.ts'

type FunctionSpec = Extract<ProbeSpec, { kind: 'functions' | 'module' | 'protocol' }>

interface Functions {
  request(this: void, id: number, context: PingContext): ReturnType<Protocol['request']>
  reply(this: void, message: ProbeMessage, context: PingContext): ReturnType<Protocol['reply']>
}

/** The user's own request and answer, told apart by the id that the answer carries back. */
export async function functionProbe(spec: FunctionSpec, context: ProbeContext): Promise<Probe> {
  if (spec.kind === 'protocol') return protocolProbe(spec, context)
  const { firstConnection, ownConnections } = context
  const contexts = Array.from({ length: ownConnections }, (_, nth) => ({
    index: firstConnection + nth,
    state: undefined,
    data: spec.data,
  }))
  return identifiedProbe(withData(await load(spec), spec.data), contexts, context)
}

/** Answers of a protocol, whose connections differ from each other. */
async function protocolProbe(spec: Extract<FunctionSpec, { kind: 'protocol' }>, context: ProbeContext): Promise<Probe> {
  const protocol = await importProtocol(spec.protocol)
  const connections = connectionsOf(protocol, spec.data, context, fileOf(spec.protocol))
  const contexts = connections.map((connection) => connection.context)
  const { session, message, split, attachments, advise } = protocol
  const contextOf = (connection: number): StatefulContext => contexts[connection - context.firstConnection]!
  return {
    ...identifiedProbe(protocol, contexts, context),
    asked: (connection) => connections[connection - context.firstConnection]!.asked,
    protocol: {
      module: spec.protocol,
      // Another one each time it is opened: what an earlier session still does is not of this one.
      speaksOn(connection, line) {
        contexts[connection - context.firstConnection] = {
          ...contextOf(connection),
          state: undefined,
          connection: line,
        }
      },
      ...(session !== undefined && {
        async session(connection, line) {
          const own = contextOf(connection)
          own.state = await session(line, { index: own.index, data: own.data })
        },
      }),
      ...(split !== undefined && { split }),
      ...(attachments !== undefined && { attachments }),
      ...(message !== undefined && { message: (connection, heard) => message(heard, contextOf(connection)) }),
      ...(advise !== undefined && { advise: (connection, fault) => advise(fault, contextOf(connection)) }),
    },
  }
}

/** @param contexts of this thread's connections */
function identifiedProbe(
  { request, reply }: Functions,
  contexts: readonly PingContext[],
  { connections, firstConnection, maskingKey }: ProbeContext,
): Probe {
  function payload(connection: number, sequence: number): ProbeMessage | readonly ProbeMessage[] {
    const made: unknown = request(sequence * connections + connection + 1, contexts[connection - firstConnection]!)
    if (isMessage(made)) return made
    if (Array.isArray(made) && made.length > 0 && made.every(isMessage)) return made
    throw new TypeError(`probe.request returned ${typeof made}, neither a text nor a Uint8Array, nor a list of these`)
  }

  let error: string | undefined

  return {
    answers: 'message',
    settles: 'named',
    frames: (connection, sequence) => framesOf(payload(connection, sequence), maskingKey),
    keep() {},
    payload,
    read(connection, bytes, start, end, binary) {
      error = undefined
      let id = reply(messageOf(bytes, start, end, binary), contexts[connection - firstConnection]!)
      if (typeof id === 'object' && id !== null) {
        error = (id.error as unknown)?.toString()
        id = id.id
      }
      const sequence = ((id ?? NaN) - 1 - connection) / connections
      return Number.isSafeInteger(sequence) && sequence >= 0 ? sequence % 2 ** 32 : -1
    },
    errorRead: () => error,
  }
}

function isMessage(made: unknown): made is ProbeMessage {
  return typeof made === 'string' || ArrayBuffer.isView(made)
}

function framesOf(made: ProbeMessage | readonly ProbeMessage[], maskingKey: Uint8Array): Buffer {
  return isMessage(made)
    ? frameOf(made, maskingKey)
    : Buffer.concat(made.map((message) => frameOf(message, maskingKey)))
}

function frameOf(message: ProbeMessage, maskingKey: Uint8Array): Buffer {
  return typeof message === 'string'
    ? maskedFrame(opcodes.text, Buffer.from(message), maskingKey)
    : maskedFrame(opcodes.binary, message, maskingKey)
}

/** Functions whose second argument is the data. */
function withData({ request, reply }: ProbeFunctions, data: unknown): Functions {
  return {
    request: (id, context) => request(id, data, context),
    reply: (message, context) => reply(message, data, context),
  }
}

async function load(spec: Exclude<FunctionSpec, { kind: 'protocol' }>): Promise<ProbeFunctions> {
  if (spec.kind === 'functions') {
    return { request: revive(spec.request), reply: revive(spec.reply) } as ProbeFunctions
  }
  const { request, reply, ...others } = (await importModule(spec.module, 'probe.module')) as Partial<ProbeFunctions>
  if (typeof request === 'function' && typeof reply === 'function') return { request, reply }
  const hint = 'default' in others ? '; a protocol goes into probe.protocol' : ''
  throw new UnusableProbe([`probe.module: ${spec.module} must export the functions request and reply${hint}`])
}
