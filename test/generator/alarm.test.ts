import { setTimeout as elapsed } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Alarm, reached } from '../../src/generator/alarm.ts'
import { PollClock } from '../../src/generator/poll-clock.ts'
import { Sleeper } from '../../src/generator/sleeper.ts'
import { SpareCore } from '../../src/generator/spare-core.ts'

const never = new AbortController().signal

describe('an instant', () => {
  test.for([-5, 0, 0.5, 1.3, 2.7, 10.1])('is reached %d ms later, never before', async (wait) => {
    const at = performance.now() + wait
    await reached(at, never)
    expect(performance.now()).toBeGreaterThanOrEqual(at)
  })

  test('is not reached once the wait is over', async () => {
    const over = new AbortController()
    let isReached = false
    void reached(performance.now() + 5, over.signal).then(() => (isReached = true))
    over.abort()
    await reached(performance.now() + 20, never)
    expect(isReached).toBe(false)
  })
})

test.for([1, 20])('an alarm set %d ms ahead does not ring when it is cleared', async (wait) => {
  let rings = 0
  const alarm = new Alarm(() => rings++)
  alarm.set(performance.now() + wait)
  alarm.clear()
  await elapsed(wait + 20)
  expect(rings).toBe(0)
})

test('an alarm further ahead than a timer can be set does not ring at once', async () => {
  let rings = 0
  const alarm = new Alarm(() => rings++)
  alarm.set(Infinity)
  await elapsed(20)
  alarm.clear()
  expect(rings).toBe(0)
})

describe('an alarm that is set over and over', () => {
  const nothing = { queued: () => 0, pressure: () => 0, free: () => 0 }

  /** Rings three hundred times, a millisecond apart; says how many milliseconds of that were spent asleep, and how often it was too early. */
  async function pace(processors: number): Promise<{ asleep: number; early: number }> {
    const sleeper = new Sleeper(new PollClock())
    const { promise, resolve } = Promise.withResolvers<void>()
    const began = performance.now()
    let [rings, early] = [0, 0]
    const alarm = new Alarm(
      () => {
        if (performance.now() < began + rings + 1) early++
        else rings++
        if (rings < 300) alarm.set(began + rings + 1)
        else resolve()
      },
      { sleeper, spareCore: new SpareCore(processors, nothing) },
    )
    alarm.set(began + 1)
    await promise
    return { asleep: sleeper.slept, early }
  }

  test('sleeps where there is no core for polling', async () => {
    const { asleep, early } = await pace(1)
    expect(asleep).toBeGreaterThan(10)
    expect(early).toBeGreaterThan(0)
  })

  test('does not sleep where there is one', async () => {
    expect((await pace(2)).asleep).toBe(0)
  })
})
