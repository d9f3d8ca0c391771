import { BusyPoller } from './busy-poller.ts'
import { ControlGroups } from '../system/control-group.ts'
import type { Spent } from './flood-report.ts'
import { PollClock } from './poll-clock.ts'
import { Sleeper } from './sleeper.ts'
import { SpareCore } from './spare-core.ts'
import { availableProcessors } from '../system/processors.ts'
import { StarvationWatch } from './starvation.ts'

/** A thread's event loop, which all of its floods share: when it polled for arrivals, and what it spent its time on. */
export class EventLoop {
  readonly clock: PollClock = new PollClock()
  readonly sleeper: Sleeper = new Sleeper(this.clock)
  readonly spareCore: SpareCore
  readonly poller: BusyPoller
  readonly starvation: StarvationWatch
  /** Processors that the control groups of this process allow it; `undefined` without a bound. */
  readonly quota: number | undefined

  constructor(groups: ControlGroups = new ControlGroups()) {
    this.quota = groups.quota
    this.spareCore = new SpareCore(availableProcessors(groups))
    this.poller = new BusyPoller(this.clock, this.spareCore)
    this.starvation = new StarvationWatch(this.clock, this.sleeper, groups)
  }

  /** What was spent since the thread's start. */
  get spent(): Spent {
    const { user, system } = cpuUsage()
    return {
      active: this.clock.active,
      polling: this.poller.polling + this.sleeper.polling,
      cpu: (user + system) / 1_000,
    }
  }
}

/** This thread's CPU time in microseconds; before Node 23.9 that of the whole process. */
function cpuUsage(): NodeJS.CpuUsage {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage }
  return threadCpuUsage?.() ?? process.cpuUsage()
}
