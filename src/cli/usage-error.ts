import { CommanderError } from 'commander'
import { exitCode } from './exit-code.ts'

/** An error of whoever called the program: it is printed without a stack. */
export function usageError(message: string): CommanderError {
  return new CommanderError(exitCode.usage, 'ws-load.usage', `error: ${message}`)
}
