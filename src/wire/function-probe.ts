import { maskedFrame, opcodes } from './frames.ts'
import type { Probe, ProbeContext } from './probe.ts'
import { messageOf, type ProbeMessage } from './probe-message.ts'
import { type ProbeFunctions, type ProbeSpec, revive } from './probe-spec.ts'

type FunctionSpec = Extract<ProbeSpec, { kind: 'functions' | 'module' }>

/** The user's own request and answer, told apart by the id that the answer carries back. */
export async function functionProbe(spec: FunctionSpec, { connections, maskingKey }: ProbeContext): Promise<Probe> {
  const { request, reply } = await load(spec)

  function payload(connection: number, sequence: number): ProbeMessage {
    const made = request(sequence * connections + connection + 1, spec.data)
    if (typeof made === 'string' || ArrayBuffer.isView(made)) return made
    throw new TypeError(`probe.request returned ${typeof made}, neither a text nor a Uint8Array`)
  }

  return {
    answers: 'message',
    settles: 'named',
    frames(connection, first, count) {
      return Buffer.concat(
        Array.from({ length: count }, (_, nth) => {
          const made = payload(connection, first + nth)
          return typeof made === 'string'
            ? maskedFrame(opcodes.text, Buffer.from(made), maskingKey)
            : maskedFrame(opcodes.binary, made, maskingKey)
        }),
      )
    },
    keep() {},
    payload,
    read(connection, bytes, start, end, binary) {
      const id = reply(messageOf(bytes, start, end, binary), spec.data)
      const sequence = ((id ?? NaN) - 1 - connection) / connections
      return Number.isSafeInteger(sequence) && sequence >= 0 ? sequence % 2 ** 32 : -1
    },
  }
}

async function load(spec: FunctionSpec): Promise<ProbeFunctions> {
  if (spec.kind === 'functions') {
    return { request: revive(spec.request), reply: revive(spec.reply) } as ProbeFunctions
  }
  const { request, reply } = (await import(spec.module)) as Partial<ProbeFunctions>
  if (typeof request === 'function' && typeof reply === 'function') return { request, reply }
  throw new TypeError(`${spec.module} must export the functions request and reply`)
}
