import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { announceFlood } from '../../src/run/other-floods.ts'
import { processNamespace } from '../../src/system/process-table.ts'
import { findProgram } from '../support/child.ts'

let directory: string

/** A container of one process, as far as processes go. */
const unshare = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child'] as const
const canUnshare =
  findProgram('unshare') !== undefined && spawnSync(unshare[0], [...unshare.slice(1), 'true']).status === 0

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ws-load-floods-'))
  vi.stubEnv('TMPDIR', directory)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true, force: true })
})

/** A flood that is announced in another process, which is killed if it does not end it. */
async function elsewhere(within: readonly string[] = []): Promise<{ kill(): Promise<void> }> {
  const source = new URL('../../src/run/other-floods.ts', import.meta.url)
  const code = `import('${source.href}').then(({ announceFlood }) => { announceFlood().countFrom(0); console.log('announced'); setInterval(() => {}, 1e6) })`
  const [program, ...args] = [...within, process.execPath, '-e', code]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('floods of one process and of several see each other', async () => {
  const one = announceFlood()
  one.countFrom(0)
  const process = await elsewhere()
  const other = announceFlood()
  other.countFrom(0)
  expect(one.end()).toBe(2)
  expect(one.end()).toBe(2)
  other.end()
  await process.kill()
})

test('a flood that ended while another one was measured counts', async () => {
  const long = announceFlood()
  long.countFrom(0)
  const short = announceFlood()
  await sleep(600)
  short.end()
  expect(long.end()).toBe(1)
})

test('a flood that was over before the measured window counts for nothing', () => {
  const one = announceFlood()
  const early = announceFlood()
  early.end()
  one.countFrom(0)
  expect(one.end()).toBe(0)
})

test('a flood that began after the measured window counts for nothing', () => {
  const one = announceFlood()
  one.countFrom(0)
  one.countUntil(process.uptime() * 1_000)
  one.countUntil(Infinity)
  const late = announceFlood()
  expect(one.end()).toBe(0)
  late.end()
})

test('a flood that goes on at the end of a short measured window counts', async () => {
  const long = announceFlood()
  const short = announceFlood()
  const now = process.uptime() * 1_000
  short.countFrom(now + 20)
  short.countUntil(now + 60)
  await sleep(100)
  long.end()
  expect(short.end()).toBe(1)
})

test('what a killed process or an ended thread left behind counts for nothing, and is removed', async () => {
  const process_ = await elsewhere()
  await process_.kill()
  const floods = join(directory, 'ws-load-floods')
  const terminated = join(floods, `${process.pid}-${processNamespace()}-${randomUUID()}`)
  await writeFile(terminated, '')
  const long = new Date(Date.now() - 60_000)
  await utimes(terminated, long, long)
  const flood = announceFlood()
  flood.countFrom(0)
  expect(flood.end()).toBe(0)
  expect(await readdir(floods)).toEqual([])
})

test.runIf(canUnshare)(
  'floods of containers that share the directory see each other, and leave each other alone',
  async () => {
    const one = announceFlood()
    one.countFrom(0)
    const [own] = await readdir(join(directory, 'ws-load-floods'))
    const container = await elsewhere(unshare)
    await sleep(600)
    const left = await readdir(join(directory, 'ws-load-floods'))
    const others = one.end()
    await container.kill()
    expect(left).toContain(own)
    expect(others).toBe(1)
  },
)

test('an announcement that was replaced by a link is not followed', async () => {
  const [floods, target] = [join(directory, 'ws-load-floods'), join(directory, 'target')]
  await writeFile(target, '')
  const long = new Date(Date.now() - 60_000)
  await utimes(target, long, long)
  const flood = announceFlood()
  flood.countFrom(0)
  const [own] = await readdir(floods)
  await rm(join(floods, own!))
  await symlink(target, join(floods, own!))
  expect(flood.end()).toBe(0)
  expect((await stat(target)).mtime).toEqual(long)
})

test('nothing but announcements is counted or removed, and nothing where a link leads', async () => {
  const [floods, target] = [join(directory, 'ws-load-floods'), join(directory, 'elsewhere')]
  await mkdir(target)
  await writeFile(join(target, `${process.pid}-${processNamespace()}-${randomUUID()}`), '')
  await symlink(target, floods)
  const redirected = announceFlood()
  redirected.countFrom(0)
  expect(redirected.end()).toBe(0)
  expect(await readdir(target)).toHaveLength(1)
  await rm(floods)
  await mkdir(floods)
  await writeFile(join(floods, '1-notes'), '')
  const beside = announceFlood()
  beside.countFrom(0)
  expect(beside.end()).toBe(0)
  expect(await readdir(floods)).toEqual(['1-notes'])
})

test('a machine without a place for temporary files is flooded all the same', () => {
  vi.stubEnv('TMPDIR', join(directory, 'missing'))
  const flood = announceFlood()
  flood.countFrom(0)
  expect(flood.end()).toBe(0)
})
