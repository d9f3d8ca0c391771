/** Functions that load threads are sent as source text: cut off from what was around them, and with data of their own. */
import { maskerOf } from '../secrets.ts'
import type { ProbeMessage } from '../wire/probe-message.ts'
import { revive } from '../wire/probe-spec.ts'
import type { PingContext } from '../wire/protocol.ts'

/** What a function that does not work in a load thread needs. */
export const cureOfSentFunction =
  'it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module'

/** What a masker is told where there is no server. */
const nowhere = 'ws://localhost'

/** A function that reads messages. */
interface SentReader {
  readonly name: 'reply' | 'answer'
  readonly source: string
  readonly data: unknown
  /** What it returns, in words. */
  readonly returns: string
}

/** Runs it once, as it will be in a load thread; says what goes wrong. Not every message has to be one that it can read. */
export function tryOutReader({ name, source, data, returns }: SentReader, message: ProbeMessage): string | undefined {
  const atOnce = `probe.${name}: expected a function that returns ${returns} at once, got an async one`
  let read: ((message: ProbeMessage, data: unknown, context: PingContext) => unknown) | undefined
  try {
    read = revive(source) as typeof read
    if (isAsync(read)) return atOnce
    const returned = read!(message, structuredClone(data), { index: 0, state: undefined, data: structuredClone(data) })
    if (!(returned instanceof Promise)) return undefined
    returned.catch(() => {})
    return atOnce
  } catch (error) {
    return read === undefined || (error as Error).name === 'ReferenceError'
      ? `probe.${name}: expected a function that works on its own, got "${withoutSecretsOf(data, String(error))}"; ${cureOfSentFunction}`
      : undefined
  }
}

/** A text in which the secrets of what functions are given are masked. */
export function withoutSecretsOf(data: unknown, text: string): string {
  return maskerOf({ url: nowhere, data })(text)
}

export function isAsync(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object AsyncFunction]'
}

/** Why data cannot be sent to a load thread; `undefined` if it can. */
export function whyUncloneable(data: unknown): string | undefined {
  try {
    structuredClone(data)
    return undefined
  } catch (error) {
    return String(error)
  }
}
