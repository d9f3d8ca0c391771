/** The program `ws-load` within the process of a test, for what needs no process of its own: no load thread, no signal. */
import { runProgram } from '../../src/cli/program.ts'
import { type Outcome, program } from './ws-load-program.ts'

let previous: Promise<unknown> = Promise.resolve()

/** Runs it to its end, once those that were asked for before have come to theirs: each has the process to itself. */
export function wsLoadHere(...args: string[]): Promise<Outcome> {
  const outcome = previous.then(() => call(args))
  previous = outcome.catch(() => {})
  return outcome
}

async function call(args: readonly string[]): Promise<Outcome> {
  const { argv, exitCode } = process
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)]
  process.argv = [process.execPath, program, ...args]
  process.exitCode = undefined
  try {
    await runProgram()
    return { exitCode: process.exitCode ?? 0, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    stdout.end()
    stderr.end()
    process.argv = argv
    process.exitCode = exitCode
  }
}

/** Keeps what is written to a stream from it. */
function capture(stream: NodeJS.WriteStream): { readonly text: () => string; readonly end: () => void } {
  // oxlint-disable-next-line typescript/unbound-method -- it goes back to where it was
  const { write } = stream
  let written = ''
  stream.write = (text: string | Uint8Array) => {
    written += String(text)
    return true
  }
  return {
    text: () => written,
    end() {
      stream.write = write
    },
  }
}
