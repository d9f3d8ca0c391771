/** A message as a probe's functions see it: a text frame's text, or a binary frame's bytes. */
export type ProbeMessage = string | Uint8Array

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The message between two places of a buffer, for as long as it is needed. */
export function messageOf(bytes: Uint8Array, start: number, end: number, binary: boolean): ProbeMessage {
  return binary ? Uint8Array.prototype.slice.call(bytes, start, end) : textOf(bytes, start, end)
}

/** Bytes as the UTF-8 text that they are. */
export function textOf(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return decoder.decode(bytes.subarray(start, end))
}
