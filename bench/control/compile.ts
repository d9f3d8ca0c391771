import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Compiles a C program of this directory; undefined where no compiler is at hand. */
export function compile(name: string): string | undefined {
  const program = join(mkdtempSync(join(tmpdir(), 'ws-load-bench-')), name)
  try {
    execFileSync('cc', ['-O2', '-o', program, join(import.meta.dirname, `${name}.c`)], { stdio: 'ignore' })
    return program
  } catch {
    return undefined
  }
}
