import { expect, test } from 'vitest'
import { MessageTable } from '../../src/generator/message-table.ts'
import { PingTimes } from '../../src/generator/ping-times.ts'
import { Publications } from '../../src/generator/publications.ts'
import { Recorder } from '../../src/generator/recorder.ts'
import { SharedClock } from '../../src/generator/shared-clock.ts'
import { fanOutPlan } from '../support/fan-out-plan.ts'

/** Publications of a machine's only publisher, in a window of 5 s: its room has no members. */
function publications() {
  const plan = fanOutPlan({ rooms: 1, subscribers: 1, publishersOfMachines: [1, 1], machine: 1 })
  const ping = new PingTimes()
  const recorder = (): Recorder => Object.assign(new Recorder(true), { from: 0, until: 5_000 })
  const settled: number[] = []
  const all = new Publications({
    plan,
    table: new MessageTable({ ...plan, memory: MessageTable.allocate(plan) }),
    clock: new SharedClock(),
    firstPublisher: 0,
    ping,
    deliveries: recorder(),
    firsts: recorder(),
    completions: recorder(),
    send: () => true,
    settled: (publisher) => settled.push(publisher),
  })
  return {
    all,
    settled,
    publish: (sent: number): void => {
      ping.due = sent
      ping.sent = sent
      all.publish(0)
    },
  }
}

test('a message that nobody is to have is settled, but not while it is published', () => {
  const { all, publish, settled } = publications()
  publish(1_000)
  expect(settled).toEqual([])
  all.settleAll()
  expect(settled).toEqual([0])
  expect(all.isOutstanding).toBe(false)
})

test('a message is settled for other machines once later ones have left', () => {
  const { all, publish } = publications()
  for (const sent of [0, 1_000, 2_000, 3_000]) publish(sent)
  expect([...all.published!.settled]).toEqual([2])
})

test('what leaves behind the measured window settles nothing: subscribers of other machines may have left', () => {
  const { all, publish } = publications()
  for (const sent of [4_000, 4_500, 5_500, 6_500, 7_500]) publish(sent)
  expect([...all.published!.settled]).toEqual([0])
})
