/** What takes long to make of this source, once for all test files of a run that want it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { inject } from 'vitest'

const repository = join(import.meta.dirname, '../../..')

/** The built `dist`. */
export function build(): Promise<string> {
  return madeOnce('dist', async (dist) => {
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const args = [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', dist]
    await promisify(execFile)(process.execPath, args, { cwd: repository })
  })
}

/** A directory that several test files want. Who comes first makes it, the others wait; nobody sees half of it. */
export async function madeOnce(name: string, make: (directory: string) => Promise<unknown>): Promise<string> {
  const place = inject('buildPlace')
  const [made, making] = [join(place, name), join(place, `${name}-making`)]
  while (!existsSync(made)) {
    if (!(await isFirst(making))) {
      await sleep(50)
      continue
    }
    // When it fails, the next one tries.
    try {
      if (existsSync(made)) break
      await make(join(making, name))
      await rename(join(making, name), made)
    } finally {
      await rm(making, { recursive: true, force: true })
    }
  }
  return made
}

async function isFirst(making: string): Promise<boolean> {
  try {
    await mkdir(making)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
