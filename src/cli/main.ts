#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { WsLoadError } from '../errors.ts'
import { describeEnvironment } from '../load/environment.ts'
import { compareCommand } from './compare.ts'
import { doctorCommand } from './doctor.ts'
import { exitCode } from './exit-code.ts'

const program = new Command('ws-load')
  .description('Latency of WebSocket servers: comparisons that can be believed.')
  .version(describeEnvironment().version)
  .addCommand(compareCommand)
  .addCommand(doctorCommand)

for (const command of [program, ...program.commands]) command.exitOverride().showSuggestionAfterError()

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.code === 'ws-load.usage') process.stderr.write(`${error.message}\n`)
    return error.exitCode === 0 ? exitCode.fine : exitCode.usage
  }
  if (!(error instanceof WsLoadError)) throw error
  process.stderr.write(`error: ${error.message}\n`)
  return exitCode.usage
}
