import { WsLoadError } from '../errors.ts'
import type { Parsed } from '../parsed.ts'

/** The error that lists mistakes in options, one a line. */
export function invalidOptions(mistakes: readonly string[], where = 'wsLoad'): WsLoadError {
  const many = mistakes.length === 1 ? 'an option is wrong' : `${mistakes.length} options are wrong`
  return new WsLoadError(
    'WSLOAD_ERR_INVALID_OPTIONS',
    `${where}: ${many}\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`,
  )
}

/**
 * What was parsed.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, each with the option's name
 */
export function valueOf<Value>(parsed: Parsed<Value>, where?: string): Value {
  if ('mistakes' in parsed) throw invalidOptions(parsed.mistakes, where)
  return parsed.value
}
