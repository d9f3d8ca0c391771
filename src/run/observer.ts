import * as timers from 'node:timers'
import type { TurnsPlan } from '../generator/turns.ts'
import type { LoadResult } from '../result/load-result.ts'
import { ServerMeter } from '../server/server-meter.ts'
import {
  findProcesses,
  type NotWatched,
  type ServerIdentity,
  type WatchedProcesses,
} from '../server/watched-processes.ts'
import { ControlGroups } from '../system/control-group.ts'
import { machineTimes, pressure } from '../system/machine-times.ts'
import { readStat, runningProcesses } from '../system/process-table.ts'
import { threadTimes } from '../system/thread-times.ts'
import { type Reading, Readings } from './readings.ts'
import { type Side, withUse } from './server-report.ts'

// Taken when the module loads, so that a test's fake timers hold nothing up.
const { clearTimeout, setTimeout } = timers

/** From one reading to the next, at least; where floods take turns, whole cycles of them. */
const readEveryMs = 250
/** Readings take no more of the time of a processor than this share. */
const mostReading = 0.002
/** From one listing of the processes to the next, at least: those that come and go between two are not seen. */
const listEveryMs = 1_000
/** Listings take no more of the time of a processor than this share. */
const mostListing = 0.001
/** Times are differences of large numbers: so much of a period is none. */
const roundingError = 1e-6
/** By how much Node's timers may be early. */
const earliestMs = 2
/** A reading that is so young is the present. */
const freshMs = 20

/** Watches servers and the machine while they are flooded, from the main thread; whatever goes wrong with that ends no run. */
export class Observer {
  readonly #servers: readonly (WatchedProcesses | NotWatched | undefined)[]
  readonly #meters: readonly (ServerMeter | undefined)[]
  readonly #turns: readonly (TurnsPlan | undefined)[]
  readonly #groups = new ControlGroups()
  readonly #readings = new Readings()
  #begin = Infinity
  /** Milliseconds from one reading to the next, at first. */
  readonly #readEvery: number
  #listAgainAt = -Infinity
  /** Milliseconds of a processor that all readings have taken: of one the system says it to a tick. */
  #spent = 0
  #timer: NodeJS.Timeout | undefined
  /** Why the last reading that failed did. */
  #refusal: string | undefined

  /**
   * @param identities of each flood its server, which is up; `undefined` if it is not to be watched
   * @param turns of floods that have turns
   */
  constructor(identities: readonly (ServerIdentity | undefined)[], turns: readonly (TurnsPlan | undefined)[]) {
    this.#turns = turns
    this.#readEvery = turns[0] === undefined ? readEveryMs : 2 * turns[0].sides * turns[0].length
    const found = identities.map((identity) => identity && unlessRefused(() => findProcesses(identity)))
    const pids = found.length > 1 ? found.map(pidsOf) : [[]]
    const sharesWith = (side: number): number =>
      pids.findIndex((other, nth) => nth !== side && other.some((pid) => pids[side]!.includes(pid)))
    this.#servers = found.map((server, side) => (server !== undefined && sharesWith(side) !== -1 ? shared : server))
    // What several floods share is read once.
    this.#meters = found.map((server, side) => {
      const isReadBefore = sharesWith(side) !== -1 && sharesWith(side) < side
      return server !== undefined && 'running' in server && !isReadBefore ? new ServerMeter(server) : undefined
    })
    this.#rehearse(found)
  }

  /**
   * Reads now and then from the beginning of the measured window to its end, or that of the run.
   * @param begin milliseconds of `process.uptime()`
   * @param longest milliseconds that the window may take
   */
  watch(begin: number, longest: number): void {
    if (this.#servers.every((server) => server === undefined)) return
    this.#begin = begin
    this.#readLater(0, longest)
  }

  /** What is known by now, added to the results of all floods. */
  observed(results: readonly LoadResult[]): LoadResult[] {
    if (Number.isFinite(this.#begin)) this.#read(true)
    const sides = this.#servers.map((server): Side | undefined => sideOf(server))
    const [readings, refusal] = [this.#readings.all, this.#refusal]
    return results.map((result, side) => withUse(result, { readings, refusal, sides, side, turns: this.#turns[side] }))
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #readLater(at: number, longest: number): void {
    this.#timer = setTimeout(
      () => {
        this.#read(at === 0 || at === longest)
        const every = this.#readEvery * this.#readings.spacing
        const earliest = Math.max(at + every, this.#elapsed, this.#spent / mostReading)
        const next = Math.ceil(earliest / every - roundingError) * every
        if (at < longest) this.#readLater(Math.min(next, longest), longest)
      },
      Math.max(0, at - this.#elapsed),
    )
  }

  get #elapsed(): number {
    return process.uptime() * 1_000 - this.#begin
  }

  /** @param isEnd whether it is one by which all is measured: nothing is spared then */
  #read(isEnd: boolean): void {
    const last = this.#readings.all.at(-1)
    if (this.#elapsed < -earliestMs || (last !== undefined && this.#elapsed - last.at < freshMs)) return
    if (!isTold()) return
    // What this takes is bounded by itself.
    const isDue = isEnd || this.#elapsed >= this.#listAgainAt
    const tasks = isDue && this.#meters.some((meter) => meter !== undefined) ? this.#list() : undefined
    const { running: before = 0 } = threadTimes()
    try {
      this.#readings.add(this.#take(this.#meters, tasks))
    } catch (error) {
      this.#refusal = (error as Error).message
    }
    const { running: after = 0 } = threadTimes()
    this.#spent += after - before
  }

  #take(meters: readonly (ServerMeter | undefined)[], tasks?: number): Omit<Reading, 'peaks'> {
    // Servers first, and near in time to the instant that all is taken to be of.
    const begun = this.#elapsed
    const servers = meters.map((meter) => meter?.read())
    const at = (begun + this.#elapsed) / 2
    const { user, system } = process.cpuUsage()
    return {
      at,
      machine: machineTimes(),
      tasks,
      pressure: pressure(),
      generator: { cpu: (user + system) / 1_000, throttled: this.#groups.throttled },
      servers,
    }
  }

  /**
   * Reads all once before a flood runs: the first reading takes several times as long as any later one, and would use up the time that
   * these may take.
   */
  #rehearse(servers: readonly (WatchedProcesses | NotWatched | undefined)[]): void {
    const watched = servers.filter((server) => server !== undefined && 'running' in server)
    if (watched.length === 0) return
    try {
      const all = runningProcesses()
      const meters = watched.map((server) => new ServerMeter(server))
      for (const meter of meters) meter.list(all)
      this.#take(meters)
    } catch {
      // What cannot be read is said by the readings themselves.
    }
  }

  /** Tells all meters which processes run. @returns what these have used until now, in milliseconds, where that is told */
  #list(): number | undefined {
    const { running: before = 0 } = threadTimes()
    try {
      const all = runningProcesses()
      for (const meter of this.#meters) meter?.list(all)
      return all.some(({ cpu }) => cpu === undefined) ? undefined : all.reduce((sum, { cpu = 0 }) => sum + cpu, 0)
    } catch {
      return undefined
    } finally {
      const { running: after = 0 } = threadTimes()
      this.#listAgainAt = this.#elapsed + Math.max(listEveryMs, (after - before) / mostListing)
    }
  }
}

/** Whether the system tells anything now: that takes a file descriptor, of which a run may leave none, and permission. */
function isTold(): boolean {
  return process.platform !== 'linux' || readStat('self').length > 0
}

/** Processes that run now; none of a server that cannot be watched, or where they cannot be listed. */
function pidsOf(server: WatchedProcesses | NotWatched | undefined): readonly number[] {
  try {
    return server !== undefined && 'running' in server ? server.running(runningProcesses()) : []
  } catch {
    return []
  }
}

function unlessRefused(find: () => WatchedProcesses | NotWatched): WatchedProcesses | NotWatched {
  try {
    return find()
  } catch (error) {
    return { reason: `its processes cannot be listed: ${(error as Error).message}`, isAccounted: false }
  }
}

const shared: NotWatched = {
  reason: 'the same processes serve another flood that takes turns with this one',
  isAccounted: true,
}

function sideOf(server: WatchedProcesses | NotWatched | undefined): Side | undefined {
  if (server === undefined) return undefined
  return 'running' in server ? { source: server.source } : server
}
