/**
 * Values of classes that a test may have of another realm than this module: jsdom's, or those of a `vm` context. They are told by what
 * they are.
 */
import { types } from 'node:util'

export const isBytes: (value: unknown) => value is Uint8Array = types.isUint8Array

export function isURL(value: unknown): value is URL {
  if (Object.prototype.toString.call(value) !== '[object URL]') return false
  try {
    return typeof (value as URL).href === 'string'
  } catch {
    return false
  }
}

export function isAbortSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener, removeEventListener } = (value ?? {}) as Partial<AbortSignal>
  const isTarget = [addEventListener, removeEventListener].every((method) => typeof method === 'function')
  return typeof aborted === 'boolean' && isTarget
}
