import { printableLine } from '../printable.ts'

let isLog = false

/** Calls back for what cannot be written to standard output: nobody reads it any more, or there is no room on the disk. */
export function onLostOutput(lost: (error: Error) => void): void {
  process.stdout.on('error', (error: Error) => {
    if (!isLog) lost(error)
  })
}

/** Writes a line that is no result which was asked for: whatever is written from then on may be lost. */
export function log(line: string): void {
  isLog = true
  process.stdout.write(`${printableLine(line)}\n`)
}
