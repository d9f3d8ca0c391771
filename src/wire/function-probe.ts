import { fileOf, importModule } from './import-module.ts'
import { wordsOf } from './named-answer.ts'
import type { Probe, ProbeContext } from './probe.ts'
import { checkMessage, messageFrames } from './message-frames.ts'
import { messageOf, type ProbeMessage } from './probe-message.ts'
import { type ProbeFunctions, type ProbeSpec, revive } from './probe-spec.ts'
import type { PingContext, Protocol } from './protocol.ts'
import { connectionsOf } from './protocol-connections.ts'
import { importProtocol } from './read-protocol.ts'
import { speakProtocol } from './speak-protocol.ts'
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
  const { contexts, ...spoken } = speakProtocol(protocol, connections, context, spec.protocol)
  return { ...identifiedProbe(protocol, contexts, context), ...spoken }
}

/** @param contexts of this thread's connections */
function identifiedProbe(
  { request, reply }: Functions,
  contexts: readonly PingContext[],
  { connections, firstConnection, maskingKey }: ProbeContext,
): Probe {
  function payload(connection: number, sequence: number): ProbeMessage | readonly ProbeMessage[] {
    const id = sequence * connections + connection + 1
    return checkMessage(request(id, contexts[connection - firstConnection]!), 'probe.request')
  }

  let error: string | undefined

  return {
    answers: 'message',
    settles: 'named',
    frames: (connection, sequence) => messageFrames(payload(connection, sequence), maskingKey),
    keep() {},
    payload,
    read(connection, bytes, start, end, binary) {
      error = undefined
      let id = reply(messageOf(bytes, start, end, binary), contexts[connection - firstConnection]!)
      if (typeof id === 'object' && id !== null) {
        error = wordsOf(id)
        id = id.id
      }
      const sequence = ((id ?? NaN) - 1 - connection) / connections
      return Number.isSafeInteger(sequence) && sequence >= 0 ? sequence % 2 ** 32 : -1
    },
    errorRead: () => error,
  }
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
