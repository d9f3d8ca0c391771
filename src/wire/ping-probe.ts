import { batchOf, headerLength, maskedFrame, opcodes } from './frames.ts'
import type { Probe, ProbeContext } from './probe.ts'
import type { ProbeSpec } from './probe-spec.ts'

/**
 * The payload begins with 4 bytes of the connection's tag, then 4 bytes of sequence number. No two connections of a run have
 * the same tag: theirs count up from that of the run.
 */
const tagBytes = 4
/** Frames that one write has room for at first. */
const framesAtFirst = 64

/**
 * The control-frame ping of RFC 6455 section 5.5.2: a server's protocol layer answers it with a pong of the same
 * payload, which carries the sequence number back, and shows that it was sent on that connection. A server may end a
 * connection with too many unanswered, so how many there can be is limited (`maxPendingPongs`).
 */
export function pingProbe(spec: Extract<ProbeSpec, { kind: 'ping' }>, { maskingKey, tag }: ProbeContext): Probe {
  const payload = Buffer.alloc(spec.payloadBytes, 'vitest-ws-load ')
  const frame = maskedFrame(opcodes.ping, payload, maskingKey)
  const tagAt = headerLength(payload.length)
  const [key0, key1, key2, key3] = maskingKey as unknown as [number, number, number, number]
  let batch = batchOf(frame, framesAtFirst)

  function tagOf(connection: number): number {
    return (tag + connection) | 0
  }

  function putMasked(bytes: Uint8Array, at: number, word: number): void {
    bytes[at] = (word >>> 24) ^ key0
    bytes[at + 1] = (word >>> 16) ^ key1
    bytes[at + 2] = (word >>> 8) ^ key2
    bytes[at + 3] = word ^ key3
  }

  return {
    answers: 'pong',
    settles: 'up to',
    frames(connection, first, count) {
      if (count >= batch.views.length) batch = batchOf(frame, count * 2)
      const { bytes } = batch
      const own = tagOf(connection)
      for (let nth = 0, at = tagAt; nth < count; nth++, at += frame.length) {
        putMasked(bytes, at, own)
        putMasked(bytes, at + tagBytes, (first + nth) | 0)
      }
      return batch.views[count]!
    },
    keep() {
      batch = batchOf(frame, framesAtFirst)
    },
    payload(connection, sequence) {
      const own = Buffer.from(payload)
      own.writeInt32BE(tagOf(connection))
      own.writeInt32BE(sequence | 0, tagBytes)
      return own
    },
    read(connection, bytes, start, end) {
      if (end - start !== payload.length || wordAt(bytes, start) !== tagOf(connection)) return -1
      return wordAt(bytes, start + tagBytes) >>> 0
    },
  }
}

/** A word with its sign: such a number never lies on the heap. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
