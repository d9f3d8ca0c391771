import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tickMs } from './machine-times.ts'
import { readStat } from './process-table.ts'
import { readIfThere } from './read-file.ts'
import { type KnownThreadTimes, parseSchedstat } from './thread-times.ts'

/** What a process has used until now. */
export interface ProcessUsage {
  /** Milliseconds of user and system time, to 20 ms on Linux. */
  readonly cpu: number
  /** That of its children which have ended and which it has waited for; 0 where the system does not tell. */
  readonly cpuOfChildren: number
  /** Resident memory in bytes. */
  readonly rss: number
  /** By thread id, to the nanosecond; empty where the system does not tell. */
  readonly threads: ReadonlyMap<number, KnownThreadTimes>
}

/** The fields of proc_pid_stat(5) from the third on; resident memory is in pages. */
const [userField, systemField, childrenUserField, childrenSystemField, residentField] = [11, 12, 13, 14, 21]
const bytesPerKibibyte = 1_024
const usualPageBytes = 4_096

/** What processes have used until now; those that have ended are missing. */
export function processUsages(pids: readonly number[]): Map<number, ProcessUsage> {
  if (process.platform !== 'linux') return parseUsages(ps(pids))
  return new Map(
    pids.flatMap((pid) => {
      const usage = usageOf(pid)
      return usage === undefined ? [] : [[pid, usage] as const]
    }),
  )
}

function usageOf(pid: number): ProcessUsage | undefined {
  const fields = readStat(pid)
  if (fields.length === 0) return undefined
  const ticks = (...numbers: readonly number[]): number =>
    numbers.reduce((sum, field) => sum + Number(fields[field]), 0) * tickMs
  return {
    cpu: ticks(userField, systemField),
    cpuOfChildren: ticks(childrenUserField, childrenSystemField),
    rss: Number(fields[residentField]) * (knownPageBytes ?? findPageBytes()),
    threads: threadsOf(pid),
  }
}

let knownPageBytes: number | undefined

/**
 * Bytes of a page of memory, a power of two. Node does not tell them, but how much memory this process has: it does in bytes, the
 * system in pages.
 */
function findPageBytes(): number {
  const pages = Number(readStat('self')[residentField])
  if (!(pages > 0)) return usualPageBytes
  knownPageBytes = 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages))
  return knownPageBytes
}

/** @see https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat */
function threadsOf(pid: number): ProcessUsage['threads'] {
  const threads = new Map<number, KnownThreadTimes>()
  for (const thread of threadIds(pid)) {
    const times = parseSchedstat(readIfThere(`/proc/${pid}/task/${thread}/schedstat`))
    if (times !== undefined) threads.set(thread, times)
  }
  return threads
}

function threadIds(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return []
  }
}

function ps(pids: readonly number[]): string {
  if (pids.length === 0) return ''
  try {
    return execFileSync('ps', ['-o', 'pid=,time=,rss=', '-p', pids.join()], { encoding: 'utf8' })
  } catch {
    return ''
  }
}

/** Reads what `ps -o pid=,time=,rss=` prints: `[[days-]hours:]minutes:seconds`, and kibibytes. */
export function parseUsages(list: string): Map<number, ProcessUsage> {
  const lines = [...list.matchAll(/^ *(\d+) +(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?) +(\d+) *$/gm)]
  return new Map(
    lines.map(([, pid, days = 0, hours = 0, minutes, seconds, kibibytes]) => [
      Number(pid),
      {
        cpu: (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000,
        cpuOfChildren: 0,
        rss: Number(kibibytes) * bytesPerKibibyte,
        threads: new Map(),
      },
    ]),
  )
}
