import { readerOf } from './answer.ts'
import { batchOf, maskedFrame, opcodes } from './frames.ts'
import type { Probe, ProbeContext } from './probe.ts'
import { textOf } from './probe-message.ts'
import type { AnswerSpec, ProbeSpec } from './probe-spec.ts'

/** Frames that one write has room for at first: the user's may be large. */
const framesAtFirst = 8

/**
 * The same message every time, as the ancestor of this tool sent `PING`. Nothing in it tells one from the next, so each
 * message received answers the oldest ping, or each that is an answer by its content.
 */
export function messageProbe(spec: Extract<ProbeSpec, { payload: Uint8Array }>, { maskingKey }: ProbeContext): Probe {
  const frame = maskedFrame(opcodes[spec.kind], spec.payload, maskingKey)
  const content = spec.kind === 'text' ? textOf(spec.payload) : spec.payload
  let batch = batchOf(frame, framesAtFirst)

  return {
    answers: 'message',
    settles: 'oldest',
    frames(_connection, _first, count) {
      if (count >= batch.views.length) batch = batchOf(frame, count * 2)
      return batch.views[count]!
    },
    keep() {},
    payload: () => content,
    read: readWith(spec.answer),
  }
}

function readWith(spec: AnswerSpec | undefined): Probe['read'] {
  if (spec === undefined) return () => 0
  const isAnswer = readerOf(spec)
  return (_connection, bytes, start, end, binary) => (isAnswer(bytes, start, end, binary) ? 0 : -1)
}
