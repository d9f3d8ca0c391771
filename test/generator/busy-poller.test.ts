import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { BusyPoller } from '../../src/generator/busy-poller.ts'
import { PollClock } from '../../src/generator/poll-clock.ts'
import { SpareCore } from '../../src/generator/spare-core.ts'
import { spin } from '../support/starving.ts'

const measuredMs = 1_500

/** Milliseconds of {@link measuredMs} that an idle loop spends on polling. */
async function pollingOf(spareCore: SpareCore): Promise<number> {
  const poller = new BusyPoller(new PollClock(), spareCore)
  poller.start()
  await sleep(measuredMs)
  poller.stop()
  return poller.polling
}

test('an idle loop does not poll without a pause where there is one processor', async () => {
  expect(await pollingOf(new SpareCore(1))).toBe(0)
})

test('an idle loop polls without a pause where nobody waits for its core', async () => {
  const nobody = { queued: () => 0, pressure: () => 0, free: () => 0 }
  expect(await pollingOf(new SpareCore(2, nobody))).toBeGreaterThan(measuredMs / 2)
})

test.runIf(process.platform === 'linux')('an idle loop lets others have the processor that they want', async () => {
  using _ = spin(2 * availableParallelism())
  expect(await pollingOf(new SpareCore(2))).toBeLessThan(measuredMs / 2)
})

test('a loop that is woken polls without a pause though others wanted the processor before it rested', async () => {
  const always = { queued: () => performance.now(), pressure: () => 0, free: () => 0 }
  const poller = new BusyPoller(new PollClock(), new SpareCore(2, always))
  onTestFinished(() => poller.stop())
  poller.start()
  await sleep(measuredMs)
  const { polling } = poller
  poller.rest()
  await sleep(100)
  expect(poller.polling).toBe(polling)
  poller.wake()
  await expect.poll(() => poller.polling, { timeout: 10_000 }).toBeGreaterThan(polling)
})

/** Counts how often it is asked for the time. */
class CountingClock extends PollClock {
  updates = 0

  override update(): number {
    this.updates++
    return super.update()
  }
}

test('a loop that rests polls now and then, and goes on at once when it is woken', { timeout: 60_000 }, async () => {
  const clock = new CountingClock()
  const poller = new BusyPoller(clock, new SpareCore(2))
  poller.start()
  await sleep(50)
  poller.rest()
  await sleep(100)
  const { polling } = poller
  const rested = clock.updates
  await expect.poll(() => clock.updates - rested, { timeout: 30_000 }).toBeGreaterThan(2)
  const before = clock.updates
  await sleep(300)
  expect(poller.polling).toBe(polling)
  expect(clock.updates - before).toBeLessThan(50)
  poller.wake()
  const woken = clock.updates
  // A loop that rests would take half a minute for so many.
  await expect.poll(() => clock.updates - woken, { timeout: 10_000 }).toBeGreaterThan(1_000)
  poller.stop()
})
