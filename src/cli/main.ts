#!/usr/bin/env node
import { exitAfter, exitCode } from './exit-code.ts'
import { runProgram } from './program.ts'

// Files are still written, in the same turn of the event loop as what was lost.
process.stdout.on('error', (error: Error) => {
  setImmediate(() => {
    process.exit(exitAfter(Number(process.exitCode ?? exitCode.fine), [`stdout: ${error.message}`]))
  })
})
// Progress and complaints are not what was asked for.
process.stderr.on('error', () => {})

await runProgram()
