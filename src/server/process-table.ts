import { readFileSync, readlinkSync } from 'node:fs'

/** Whether there is a process of this number, whoever's it is. */
export function isListed(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The fields of proc_pid_stat(5) from the third on; none where there is no such process, or no such file system. */
export function readStat(pid: number | string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

/** Among which processes a number names one, those of a container say; '0' where the system does not tell. @see pid_namespaces(7) */
export function processNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}
