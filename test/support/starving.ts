/** What keeps another process from the processors: a quota, and programs that spin. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from './child.ts'

const periodMicroseconds = 100_000

/** Control groups of version 1, and of 2, whose children can be given a quota. */
const parents = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup']

export interface Quota extends Disposable {
  /** Puts a process with all of its threads under the quota. */
  limit(pid: number): void
}

/** A quota of processors for processes of this machine; `undefined` where none may be set, as without root. */
export function quotaOf(processors: number): Quota | undefined {
  const quota = processors * periodMicroseconds
  for (const parent of parents) {
    const path = join(parent, `ws-load-test-${process.pid}`)
    const isVersion1 = existsSync(join(parent, 'cpu.cfs_quota_us'))
    try {
      mkdirSync(path)
      try {
        if (isVersion1) writeFileSync(join(path, 'cpu.cfs_quota_us'), String(quota))
        else writeFileSync(join(path, 'cpu.max'), `${quota} ${periodMicroseconds}`, { flag: 'r+' })
      } catch (error) {
        rmdirSync(path)
        throw error
      }
      return {
        limit: (pid) => writeFileSync(join(path, 'cgroup.procs'), String(pid)),
        [Symbol.dispose]: () => rmdirSync(path),
      }
    } catch {
      // Not here.
    }
  }
  return undefined
}

/** Whether {@link crowd} is possible. */
export const canCrowd: boolean = process.platform === 'linux' && findProgram('taskset') !== undefined

/** Puts a process on one processor, together with so many programs that spin there until this is disposed of. */
export function crowd(pid: number, spinning: number): Disposable {
  execFileSync('taskset', ['-a', '-p', '-c', '0', String(pid)])
  return spin(spinning, ['taskset', '-c', '0'])
}

/** Programs that spin until they are disposed of, on whatever processor they get. */
export function spin(programs: number, under: readonly string[] = []): Disposable {
  const [command, ...args] = [...under, process.execPath]
  const spinning = Array.from({ length: programs }, () =>
    spawn(command, [...args, '-e', 'setTimeout(() => process.exit(), 20000); for (;;);'], { stdio: 'ignore' }),
  )
  return { [Symbol.dispose]: () => spinning.forEach((program) => program.kill('SIGKILL')) }
}
