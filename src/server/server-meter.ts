import { tickMs } from '../system/machine-times.ts'
import { type ProcessUsage, processUsages } from '../system/process-usage.ts'
import type { KnownThreadTimes } from '../system/thread-times.ts'
import type { ListedProcess } from '../system/process-table.ts'
import type { WatchedProcesses } from './watched-processes.ts'

/** What a server has used since its first reading. */
export interface ServerUsage {
  /** Milliseconds of processor time, of all its processes. */
  readonly cpu: number
  /** Bytes of resident memory, now. */
  readonly rss: number
  /** How many processes it has now. */
  readonly processes: number
  /** Milliseconds of all its threads together; `undefined` where the system does not tell. */
  readonly threads: KnownThreadTimes | undefined
  /** Milliseconds for which its busiest thread ran; likewise. */
  readonly busiestThread: number | undefined
  /** Milliseconds in which a quota had stopped it; `undefined` without a quota. */
  readonly throttled: number | undefined
}

type Usages = ReadonlyMap<number, ProcessUsage>

/** By how much two readings of the ticks of a process, its own and its children's, may be off. */
const tickErrorMs = 2 * tickMs

/**
 * Reads what the processes of a server use, those that come and go included.
 *
 * The system tells the time of a process in ticks and adds up that of its ended children; the time of a thread is exact, and gone
 * with the thread. What counts is that of the threads, unless the ticks say that more has been used.
 */
export class ServerMeter {
  readonly #watched: WatchedProcesses
  readonly #ticks = new Ticks()
  readonly #threads = new Threads()
  readonly #cpuOfGroup = new Counter()
  readonly #throttled = new Counter()
  #pids: readonly number[] = []

  constructor(watched: WatchedProcesses) {
    this.#watched = watched
    this.#cpuOfGroup.grow(watched.cpu?.())
    this.#throttled.grow(watched.throttled())
  }

  /** Tells it which processes run, so that it knows which of them are the server's. */
  list(all: readonly ListedProcess[]): void {
    this.#pids = this.#watched.running(all)
  }

  read(): ServerUsage {
    const usages = processUsages(this.#pids)
    this.#ticks.add(usages)
    this.#threads.add(usages)
    const throttled = this.#watched.throttled()
    return {
      cpu: this.#cpu(usages.size),
      rss: [...usages.values()].reduce((sum, { rss }) => sum + rss, 0),
      processes: usages.size,
      threads: this.#threads.total,
      busiestThread: this.#threads.busiest,
      // It is a sum over the groups around it, too: after a reset of one nobody knows how much of it is new.
      throttled: throttled === undefined ? undefined : this.#throttled.grow(throttled, 0),
    }
  }

  #cpu(processes: number): number {
    const { cpu } = this.#watched
    if (cpu !== undefined) return this.#cpuOfGroup.grow(cpu())
    const { total } = this.#threads
    return total === undefined
      ? this.#ticks.total
      : Math.max(total.running, this.#ticks.total - tickErrorMs * processes)
  }
}

/** A counter of the system from its first reading on, over its resets: a service that is started again may have another control group. */
class Counter {
  #last: number | undefined
  #grown = 0

  /**
   * @param now what the system has counted; `undefined` while it tells nothing
   * @param sinceReset how much of it came after a reset, where it is lower than before
   * @returns what was counted since the first reading
   */
  grow(now: number | undefined, sinceReset: number = now ?? 0): number {
    if (now === undefined) return this.#grown
    if (this.#last !== undefined) this.#grown += now >= this.#last ? now - this.#last : sinceReset
    this.#last = now
    return this.#grown
  }
}

/** The time of processes in ticks, ended ones included. */
class Ticks {
  #last: Usages | undefined
  /** Time of the processes of the first reading, before that. */
  #first = 0
  /** Time of those that have ended, and whose parents did not wait for them. */
  #unclaimed = 0

  get total(): number {
    return ticksOf(this.#last ?? new Map()) + this.#unclaimed - this.#first
  }

  add(usages: Usages): void {
    const last = this.#last ?? usages
    if (this.#last === undefined) this.#first = ticksOf(usages)
    // A number that another process has got since has used less.
    const ended = new Map([...last].filter(([pid, { cpu }]) => !((usages.get(pid)?.cpu ?? -1) >= cpu)))
    const claimed = [...usages].reduce((sum, [pid, { cpuOfChildren }]) => {
      const before = ended.has(pid) ? 0 : (last.get(pid)?.cpuOfChildren ?? 0)
      return sum + cpuOfChildren - before
    }, 0)
    this.#unclaimed += Math.max(0, ticksOf(ended) - claimed)
    this.#last = usages
  }
}

function ticksOf(usages: Usages): number {
  return [...usages.values()].reduce((sum, { cpu, cpuOfChildren }) => sum + cpu + cpuOfChildren, 0)
}

/** The time of threads, as far as it was seen before they ended; no two of a machine have the same number. */
class Threads {
  readonly #total = { running: 0, queued: 0 }
  #last: ReadonlyMap<number, KnownThreadTimes> | undefined
  /** For how long each thread that lives has run since the first reading. */
  #ran: ReadonlyMap<number, number> = new Map()
  #busiest = 0
  /** Some systems have the files and count nothing. */
  #isTold = false

  get total(): KnownThreadTimes | undefined {
    return this.#isTold ? { ...this.#total } : undefined
  }

  get busiest(): number | undefined {
    return this.#isTold ? this.#busiest : undefined
  }

  add(usages: Usages): void {
    const now = new Map([...usages.values()].flatMap(({ threads }) => [...threads]))
    const last = this.#last ?? now
    const ran = new Map<number, number>()
    for (const [thread, { running, queued }] of now) {
      const seen = last.get(thread)
      // A number that another thread has got since has run for less.
      const isSame = seen !== undefined && seen.running <= running
      const before = isSame ? seen : { running: 0, queued: 0 }
      this.#total.running += running - before.running
      this.#total.queued += queued - before.queued
      const sinceFirst = (isSame ? (this.#ran.get(thread) ?? 0) : 0) + running - before.running
      ran.set(thread, sinceFirst)
      this.#busiest = Math.max(this.#busiest, sinceFirst)
      if (running > 0) this.#isTold = true
    }
    this.#ran = ran
    this.#last = now
  }
}
