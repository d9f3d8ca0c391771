import { writeSync } from 'node:fs'

const stderr = 2

/** Says something on the standard error; where that is closed or full, the run goes on as it would have. */
export function tell(message: string): void {
  try {
    writeSync(stderr, `\nvitest-ws-load: ${message}\n`)
  } catch {
    // Nobody is left to be told.
  }
}
