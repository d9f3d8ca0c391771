import { CommanderError } from 'commander'
import { exitCode } from './exit-code.ts'

/** An error of whoever called the program, with all mistakes at once: it is printed without a stack. */
export function usageError(...mistakes: readonly string[]): CommanderError {
  return new CommanderError(exitCode.usage, 'ws-load.usage', `error: ${mistakes.join('\n       ')}`)
}
