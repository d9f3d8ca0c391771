import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Writes a module of a user, which is there until the test ends; its path. */
export async function moduleFile(source: string, name = 'probe.mjs'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-module-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const path = join(directory, name)
  await writeFile(path, source)
  return path
}
