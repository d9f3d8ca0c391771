import { randomInt } from 'node:crypto'
import { batchOf, headerLength, maskedFrame, opcodes } from './frames.ts'
import type { Probe, ProbeContext } from './probe.ts'
import type { ProbeSpec } from './probe-spec.ts'

/** The payload begins with 4 bytes that tell our pings from anybody's, then 4 bytes of sequence number. */
const tagBytes = 4
/** Frames that one write has room for at first. */
const framesAtFirst = 64

/**
 * The control-frame ping of RFC 6455 section 5.5.2: a server's protocol layer answers it with a pong of the same
 * payload, which carries the sequence number back. A server may end a connection with too many unanswered, so how many
 * there can be is limited (`maxPendingPongs`).
 */
export function pingProbe(spec: Extract<ProbeSpec, { kind: 'ping' }>, { maskingKey }: ProbeContext): Probe {
  const tag = randomInt(2 ** 32)
  const payload = Buffer.alloc(spec.payloadBytes, 'vitest-ws-load ')
  payload.writeUInt32BE(tag)
  const frame = maskedFrame(opcodes.ping, payload, maskingKey)
  const sequenceAt = headerLength(payload.length) + tagBytes
  const [key0, key1, key2, key3] = maskingKey as unknown as [number, number, number, number]
  let batch = batchOf(frame, framesAtFirst)

  return {
    answers: 'pong',
    settles: 'up to',
    frames(_connection, first, count) {
      if (count >= batch.views.length) batch = batchOf(frame, count * 2)
      const { bytes } = batch
      for (let nth = 0, at = sequenceAt; nth < count; nth++, at += frame.length) {
        const sequence = first + nth
        bytes[at] = (sequence >>> 24) ^ key0
        bytes[at + 1] = (sequence >>> 16) ^ key1
        bytes[at + 2] = (sequence >>> 8) ^ key2
        bytes[at + 3] = sequence ^ key3
      }
      return batch.views[count]!
    },
    keep() {
      batch = batchOf(frame, framesAtFirst)
    },
    payload(_connection, sequence) {
      const own = Buffer.from(payload)
      own.writeUInt32BE(sequence >>> 0, tagBytes)
      return own
    },
    read(_connection, bytes, start, end) {
      if (end - start !== payload.length || wordAt(bytes, start) !== tag) return -1
      return wordAt(bytes, start + tagBytes)
    },
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
