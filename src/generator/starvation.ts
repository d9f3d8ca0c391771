import { uptime } from 'node:os'
import { performance } from 'node:perf_hooks'
import { ControlGroups } from '../system/control-group.ts'
import type { PollClock } from './poll-clock.ts'
import type { Sleeper } from './sleeper.ts'
import { threadTimes } from '../system/thread-times.ts'

/** Why and how long a thread did not run, in milliseconds; `undefined` is what the system does not tell. */
export interface Starvation {
  /** It waited in the run queue: others had the processors, or its quota was used up. */
  readonly queued: number | undefined
  /** Its quota was used up: of all threads and processors together. */
  readonly throttled: number | undefined
  /** Its event loop was not waiting for anything, nor asleep for others' sake, and it did not run, for whatever reason. */
  readonly notRunning: number | undefined
  /** It was waiting, for 20 ms and more, though it wanted to wait for a millisecond at most. */
  readonly overslept: number
  /** The machine slept, and with it the clock that everything else is measured by. */
  readonly asleep: number | undefined
  /** Some process of its control group, or else of the machine, waited for memory. */
  readonly memoryStall: number | undefined
}

/** Knows why and how long the thread that asks did not run. */
export class StarvationWatch {
  readonly #clock: PollClock
  readonly #sleeper: Sleeper
  readonly #groups: ControlGroups

  constructor(clock: PollClock, sleeper: Sleeper, groups: ControlGroups) {
    this.#clock = clock
    this.#sleeper = sleeper
    this.#groups = groups
  }

  /** Until now, since some instant. */
  get total(): Starvation {
    const { running, queued } = threadTimes()
    const meantToRun = performance.now() - performance.nodeTiming.idleTime - this.#sleeper.slept
    return {
      queued,
      throttled: this.#groups.throttled,
      notRunning: running === undefined ? undefined : meantToRun - running,
      overslept: this.#clock.overslept,
      asleep: timeAhead(),
      memoryStall: this.#groups.memoryStall,
    }
  }
}

/** How long a thread starved between two instants, in equal parts for each of its floods. */
export function starvationBetween(before: Starvation, after: Starvation, parts: number): Starvation {
  const between = (was: number | undefined, is: number | undefined): number | undefined =>
    was === undefined || is === undefined ? undefined : (is - was) / parts
  return {
    queued: between(before.queued, after.queued),
    throttled: between(before.throttled, after.throttled),
    notRunning: between(before.notRunning, after.notRunning),
    overslept: (after.overslept - before.overslept) / parts,
    asleep: between(before.asleep, after.asleep),
    memoryStall: between(before.memoryStall, after.memoryStall),
  }
}

/** By how much the clock that goes on while the machine sleeps is ahead of the other one. Only Linux has it exactly. */
function timeAhead(): number | undefined {
  return process.platform === 'linux' ? uptime() * 1_000 - performance.now() : undefined
}
