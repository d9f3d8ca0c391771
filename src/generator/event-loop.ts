import { BusyPoller } from './busy-poller.ts'
import { ControlGroups } from '../system/control-group.ts'
import type { Spent } from './flood-report.ts'
import { PollClock } from './poll-clock.ts'
import { availableProcessors } from '../system/processors.ts'
import { StarvationWatch } from './starvation.ts'

/** A thread's event loop, which all of its floods share: when it polled for arrivals, and what it spent its time on. */
export class EventLoop {
  readonly clock: PollClock = new PollClock()
  readonly poller: BusyPoller
  readonly starvation: StarvationWatch
  /** Processors that the control groups of this process allow it; `undefined` without a bound. */
  readonly quota: number | undefined

  constructor(groups: ControlGroups = new ControlGroups()) {
    this.quota = groups.quota
    this.poller = new BusyPoller(this.clock, availableProcessors(groups))
    this.starvation = new StarvationWatch(this.clock, groups)
  }

  /** What was spent since the thread's start. */
  get spent(): Spent {
    const { user, system } = cpuUsage()
    return { active: this.clock.active, polling: this.poller.polling, cpu: (user + system) / 1_000 }
  }
}

/** This thread's CPU time in microseconds; before Node 23.9 that of the whole process. */
function cpuUsage(): NodeJS.CpuUsage {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage }
  return threadCpuUsage?.() ?? process.cpuUsage()
}
