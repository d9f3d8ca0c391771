import type { FanOutPlan } from '../../src/generator/thread-plan.ts'

export interface FanOutShape {
  readonly rooms: number
  readonly subscribers: number
  /** Publishers of each machine. */
  readonly publishersOfMachines: readonly number[]
  /** That the thread is on. */
  readonly machine: number
}

/** Of the only thread of a machine, each of which has so many subscribers. */
export function fanOutPlan({ rooms, subscribers, publishersOfMachines, machine }: FanOutShape): FanOutPlan {
  return {
    rooms,
    thread: 0,
    publishers: [publishersOfMachines[machine]!],
    subscribers: [subscribers],
    capacity: 16,
    machine,
    machines: publishersOfMachines.length,
    firstPublisher: publishersOfMachines.slice(0, machine).reduce((sum, count) => sum + count, 0),
    firstSubscriber: machine * subscribers,
    publishersOfMachines,
  }
}
