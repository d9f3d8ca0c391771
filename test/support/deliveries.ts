/** What reaches the subscribers of a load thread that has no connections: a test says what comes. */
import { Deliveries } from '../../src/generator/deliveries.ts'
import { MessageTable } from '../../src/generator/message-table.ts'
import { PingTimes } from '../../src/generator/ping-times.ts'
import { Recorder } from '../../src/generator/recorder.ts'
import { SharedClock } from '../../src/generator/shared-clock.ts'
import { type FanOutShape, fanOutPlan } from './fan-out-plan.ts'

export interface DeliveriesOfThread {
  readonly deliveries: Deliveries
  readonly recorder: Recorder
  readonly table: MessageTable
  readonly ping: PingTimes
  /** Publishes a measured message; says its number. */
  readonly publish: (publisher: number) => number
  /** Number of the connection of a subscriber. */
  readonly connection: (nth: number) => number
}

/** That every delivery took. */
const latencyMs = 1

/** Of a machine's only thread; its subscribers are all there. */
export function deliveriesOf(shape: FanOutShape): DeliveriesOfThread {
  const plan = fanOutPlan(shape)
  const own = plan.publishers[0]!
  const table = new MessageTable({ ...plan, memory: MessageTable.allocate(plan) })
  const recorder = Object.assign(new Recorder(true), { from: 0 })
  const ping = new PingTimes()
  const clock = new SharedClock()
  const deliveries = new Deliveries({
    plan,
    table,
    clock,
    firstSubscriber: own,
    timeout: 60_000,
    ping,
    recorder,
    closed() {},
  })
  deliveries.begin(() => true)
  return {
    deliveries,
    recorder,
    table,
    ping,
    connection: (nth) => own + nth,
    publish(publisher) {
      const sequence = table.published[publisher]!
      const row = table.row(publisher, sequence)
      const sent = ping.floor - latencyMs + clock.offset
      table.due[row] = sent
      table.sent[row] = sent
      table.isMeasured[row] = 1
      table.published[publisher] = sequence + 1
      return sequence * table.publishers + publisher
    },
  }
}
