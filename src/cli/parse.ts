import { InvalidArgumentError } from 'commander'
import { showKind } from '../wording.ts'
import { usageError } from './usage-error.ts'

/** Reads a flag's number. */
export function aNumber(given: string): number {
  const value = Number(given)
  if (given.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('expected a number')
  return value
}

/** Reads a flag's whole number within limits. */
export function aWholeNumber(least: number, most: number): (given: string) => number {
  return (given) => {
    const value = Number(given)
    if (given.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`)
  }
}

/** Reads a process id. */
export const aPid: (given: string) => number = aWholeNumber(1, 2 ** 31 - 1)

/** Reads what a flag has in JSON. An error does not repeat a secret. */
export function aJSON(flag: string): (given: string) => unknown {
  return (given) => {
    try {
      return JSON.parse(given) as unknown
    } catch {
      throw usageError(`${flag}: expected JSON, got ${showKind(given)}`)
    }
  }
}

/** Reads `0,1`. */
export function aListOfNumbers(given: string): readonly number[] {
  if (!/^\s*\d+\s*(,\s*\d+\s*)*$/.test(given)) throw new InvalidArgumentError('expected whole numbers like 0,1')
  return given.split(',').map(Number)
}

/** Reads a flag that may be repeated into a list. */
export function aList(given: string, before: readonly string[] = []): readonly string[] {
  return [...before, given]
}

/** Reads `Name: value` into an object of headers; a repeated name has a list of values. An error does not repeat a secret. */
export function aHeader(
  given: string,
  before: Readonly<Record<string, string | readonly string[]>> = {},
): Readonly<Record<string, string | readonly string[]>> {
  const [, name, value] = /^([^:]+):\s*(.*)$/.exec(given) ?? []
  if (name === undefined || value === undefined)
    throw usageError(`--header: expected 'Name: value', got ${showKind(given)}`)
  const known = before[name]
  return { ...before, [name]: known === undefined ? value : [...[known].flat(), value] }
}

/** Reads what tells answers from other messages: a text, or `/PONG/i`. */
export function anAnswer(given: string): string | RegExp {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(given) ?? []
  if (source === undefined) return given
  try {
    return new RegExp(source, flags)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

/** Reads `10s:5k/s`, a stage of the open model. */
export function aStage(
  given: string,
  before: readonly { readonly duration: string; readonly rate: string }[] = [],
): readonly { readonly duration: string; readonly rate: string }[] {
  const [, duration, rate] = /^([^:]+):(.+)$/.exec(given) ?? []
  if (duration === undefined || rate === undefined)
    throw new InvalidArgumentError("expected 'duration:rate' like 10s:5k/s")
  return [...before, { duration, rate }]
}
