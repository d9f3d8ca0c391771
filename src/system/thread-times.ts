import { readIfThere } from './read-file.ts'

/** What a thread did until now, in milliseconds; `undefined` is what the system does not tell. */
export interface ThreadTimes {
  /** It ran. */
  readonly running: number | undefined
  /** It wanted to run and did not: others had the processors, or its quota was used up. */
  readonly queued: number | undefined
}

/** {@link ThreadTimes} where the system tells both. */
export type KnownThreadTimes = { readonly [time in keyof ThreadTimes]: number }

/** The times of the thread that asks. */
export function threadTimes(): ThreadTimes {
  const times = parseSchedstat(readIfThere('/proc/thread-self/schedstat'))
  // A thread that asks has run: where it has not, the kernel does not count.
  if (times !== undefined && times.running > 0) return times
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage }
  const usage = threadCpuUsage?.()
  return { running: usage && (usage.user + usage.system) / 1e3, queued: undefined }
}

/**
 * Reads what /proc/PID/task/TID/schedstat says; `undefined` of anything else.
 * @see https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
 */
export function parseSchedstat(text: string): KnownThreadTimes | undefined {
  const [, running, queued] = /^(\d+) (\d+) /.exec(text) ?? []
  return running === undefined ? undefined : { running: Number(running) / 1e6, queued: Number(queued) / 1e6 }
}
