import { setTimeout as elapsed } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Alarm, reached } from '../../src/generator/alarm.ts'

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
