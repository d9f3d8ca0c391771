#!/usr/bin/env node
import { exitAfter, exitCode } from './exit-code.ts'
import { runProgram } from './program.ts'
import { onLostOutput } from './standard-output.ts'

const unwritten = new Set<string>()
let isOver = false

function leave(): never {
  process.exit(exitAfter(Number(process.exitCode ?? exitCode.fine), [...unwritten]))
}

onLostOutput((error) => {
  unwritten.add(`stdout: ${error.message}`)
  // Files are still written, in the same turn of the event loop as what was lost; what is pushed once the exit code is known takes longer.
  setImmediate(() => (isOver || process.exitCode === undefined) && leave())
})
// Progress and complaints are not what was asked for.
process.stderr.on('error', () => {})

await runProgram()
isOver = true
if (unwritten.size > 0) leave()
