/** The package built from this source, once for all test files of a run that want it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { inject } from 'vitest'

const repository = join(import.meta.dirname, '../../..')

/** The built `dist`. Who comes first builds it, the others wait. */
export async function build(): Promise<string> {
  const place = inject('buildPlace')
  const [dist, building] = [join(place, 'dist'), join(place, 'building')]
  while (!existsSync(dist)) {
    if (await isFirst(building)) await buildInto(dist, building)
    else await sleep(50)
  }
  return dist
}

async function isFirst(building: string): Promise<boolean> {
  try {
    await mkdir(building)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Nobody sees half of it; when it fails, the next one tries. */
async function buildInto(dist: string, building: string): Promise<void> {
  try {
    if (existsSync(dist)) return
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const args = [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(building, 'dist')]
    await promisify(execFile)(process.execPath, args, { cwd: repository })
    await rename(join(building, 'dist'), dist)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}
