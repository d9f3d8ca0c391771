/**
 * Values of classes that a test may have of another realm than this module: jsdom's, or those of a `vm` context. They are told by what
 * they are.
 */
import { types } from 'node:util'

export const isBytes: (value: unknown) => value is Uint8Array = types.isUint8Array

export function isURL(value: unknown): value is URL {
  return Object.prototype.toString.call(value) === '[object URL]'
}

export function isAbortSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
}
