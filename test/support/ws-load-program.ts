/** The program `ws-load`. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'

export const program: string = join(import.meta.dirname, '../../src/cli/main.ts')

export interface Outcome {
  readonly exitCode: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Runs it to its end. */
export function wsLoad(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr })
    })
  })
}
