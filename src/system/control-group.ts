import { join } from 'node:path'
import { pressureIn } from './machine-times.ts'
import { readIfThere } from './read-file.ts'

/** A control group with a bound on the processor time of all its processes together. */
interface LimitedGroup {
  readonly path: string
  /** Processors. */
  readonly quota: number
}

/**
 * The control groups that a process is in, by default this one: its own and those around it as far as they are in sight: in a container,
 * its own is the outermost. Of another process whose group is out of sight there are none. Version 2 and 1.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 * @see https://docs.kernel.org/scheduler/sched-bwc.html
 */
export class ControlGroups {
  readonly #limited: readonly LimitedGroup[]
  /** From the outermost to this process's own. */
  readonly #paths: readonly string[]

  /**
   * @param proc where the process file system is; without one there are no groups
   * @param pid the process whose groups they are
   */
  constructor(proc = '/proc', pid: number | 'self' = 'self') {
    const own = readLines(join(proc, String(pid), 'cgroup')).map((line) => line.split(':'))
    this.#paths = readLines(join(proc, 'self/mountinfo')).flatMap((line) => {
      const [mount = '', fileSystem = ''] = line.split(' - ')
      const [, , , root = '/', mountPoint = ''] = mount.split(' ')
      const [type, , options = ''] = fileSystem.split(' ')
      const isVersion1 = type === 'cgroup' && options.split(',').includes('cpu')
      if (!isVersion1 && type !== 'cgroup2') return []
      const group = own.find(([, controllers]) =>
        isVersion1 ? controllers!.split(',').includes('cpu') : controllers === '',
      )
      const path = group && below(root, group.slice(2).join(':'))
      if (path !== undefined) return pathsTo(mountPoint, path)
      return group !== undefined && pid === 'self' ? [mountPoint] : []
    })
    this.#limited = this.#paths.flatMap((path) => {
      const quota = readQuota(path)
      return quota === undefined ? [] : [{ path, quota }]
    })
  }

  /** Processors that this process may use at the same time on average, 0.25 for a quarter of one; `undefined` without a bound. */
  get quota(): number | undefined {
    return this.#limited.length === 0 ? undefined : Math.min(...this.#limited.map(({ quota }) => quota))
  }

  /**
   * For how many milliseconds these groups were stopped until now because their quota was used up, all processors
   * together; `undefined` without a quota.
   */
  get throttled(): number | undefined {
    if (this.#limited.length === 0) return undefined
    return this.#limited.reduce((total, { path }) => total + readThrottled(path), 0)
  }

  /**
   * For how many milliseconds some process of the innermost group that tells, or else of the machine, waited for memory
   * until now.
   * @see https://docs.kernel.org/accounting/psi.html
   */
  get memoryStall(): number | undefined {
    const files = [...this.#paths.map((path) => join(path, 'memory.pressure')).toReversed(), '/proc/pressure/memory']
    return files.map(pressureIn).find((stall) => stall !== undefined)
  }
}

/** A group's path as seen from where a mount begins; `undefined` of one that is not below it. */
function below(root: string, path: string): string | undefined {
  if (path.split('/').includes('..')) return undefined
  if (root === '/') return path
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : undefined
}

/** All directories from one to another below it. */
function pathsTo(mountPoint: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '')
  return [mountPoint, ...names.map((_, nth) => join(mountPoint, ...names.slice(0, nth + 1)))]
}

function readQuota(path: string): number | undefined {
  const version1 = [readIfThere(join(path, 'cpu.cfs_quota_us')), readIfThere(join(path, 'cpu.cfs_period_us'))].join(' ')
  const [quota, period] = (readIfThere(join(path, 'cpu.max')).trim() || version1.trim()).split(/\s+/).map(Number)
  return quota! > 0 && period! > 0 ? quota! / period! : undefined
}

function readThrottled(path: string): number {
  const [, unit, total] = /^throttled_(usec|time) (\d+)/m.exec(readIfThere(join(path, 'cpu.stat'))) ?? []
  return Number(total ?? 0) / (unit === 'usec' ? 1e3 : 1e6)
}

function readLines(file: string): string[] {
  return readIfThere(file)
    .split('\n')
    .filter((line) => line !== '')
}
