import { readFileSync } from 'node:fs'

/** What a thread did until now, in milliseconds; `undefined` is what the system does not tell. */
export interface ThreadTimes {
  /** It ran. */
  readonly running: number | undefined
  /** It wanted to run and did not: others had the processors, or its quota was used up. */
  readonly queued: number | undefined
}

/**
 * The times of the thread that asks.
 * @see https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
 */
export function threadTimes(): ThreadTimes {
  const [running = 0, queued] = readSchedstat().split(' ').map(Number)
  // A thread that asks has run: where it has not, the kernel does not count.
  if (running > 0) return { running: running / 1e6, queued: queued! / 1e6 }
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage }
  const usage = threadCpuUsage?.()
  return { running: usage && (usage.user + usage.system) / 1e3, queued: undefined }
}

function readSchedstat(): string {
  try {
    return readFileSync('/proc/thread-self/schedstat', 'utf8')
  } catch {
    return ''
  }
}
