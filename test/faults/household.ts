import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { commandOf, isAlive, processesWith } from '../support/processes.ts'
import { added, resources } from '../support/resources.ts'

const mark = 'WS_LOAD_FAULTS'
/** A killed run's server has 5 s after SIGTERM. */
const patienceMs = 14_000

/** What a test file has taken of its machine. */
export interface Household {
  /** Fails if a process, a temporary file, or anything that keeps this process (a socket, a thread) is left. */
  expectTidy(): Promise<void>
}

/** From now on processes that this one starts are marked, and temporary files are in a directory of their own. */
export async function household(): Promise<Household> {
  const id = randomUUID()
  const before = resources()
  const outside = process.env['TMPDIR']
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-faults-'))
  process.env[mark] = id
  process.env['TMPDIR'] = directory

  return {
    async expectTidy() {
      try {
        await vi.waitFor(() => expect(processesWith(`${mark}=${id}`).map(commandOf)).toEqual([]), patienceMs)
        await vi.waitFor(() => expect(added(before)).toEqual([]), patienceMs)
        expect(await filesIn(directory)).toEqual([])
      } finally {
        if (outside === undefined) delete process.env['TMPDIR']
        else process.env['TMPDIR'] = outside
        await rm(directory, { recursive: true, force: true })
      }
    },
  }
}

/** Without the announcements of floods that were killed: they count for nothing, and the next flood takes them away. */
async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory())
  const isOfTheDead = ({ parentPath, name }: Dirent): boolean =>
    parentPath.endsWith('ws-load-floods') && !isAlive(Number.parseInt(name, 10))
  return files.filter((file) => !isOfTheDead(file)).map(({ name }) => name)
}
