import { setImmediate as iteration, setTimeout as elapsed } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { PollClock } from '../../src/generator/poll-clock.ts'
import { Sleeper } from '../../src/generator/sleeper.ts'
import { block } from '../support/block.ts'
import { bothEnds } from '../support/both-ends.ts'

test('the bounds of a poll contain every arrival, however long the loop sleeps before it', async () => {
  const { near, far } = await bothEnds()
  const clock = new PollClock()
  const sleeper = new Sleeper(clock)
  const arrivals: { floor: number; ceiling: number }[] = []
  near.on('data', () => {
    clock.stamp()
    arrivals.push({ floor: clock.floor, ceiling: clock.ceiling })
  })
  for (let nth = 0; nth < 200; nth++) {
    // A poll that brings nothing, and that the clock does not know of before the sleep.
    await iteration()
    const written = performance.now()
    far.write('x')
    const there = performance.now()
    while (arrivals.length === nth) {
      sleeper.sleep(performance.now() + (nth % 5) / 10)
      clock.update()
      await iteration()
    }
    expect(arrivals[nth]!.floor).toBeLessThanOrEqual(there)
    expect(arrivals[nth]!.ceiling).toBeGreaterThanOrEqual(written)
  }
})

describe('a sleep', () => {
  test('lasts a part of a millisecond at most', () => {
    const sleeper = new Sleeper(new PollClock())
    sleeper.sleep(performance.now() + 1_000)
    expect(sleeper.slept).toBeGreaterThanOrEqual(0.25)
    expect(sleeper.slept).toBeLessThanOrEqual(1.25)
  })

  test('does not begin when its time is over', () => {
    const sleeper = new Sleeper(new PollClock())
    sleeper.sleep(performance.now())
    expect(sleeper.slept).toBe(0)
  })

  test('does not begin when that of another alarm is over', () => {
    const sleeper = new Sleeper(new PollClock())
    sleeper.expect(performance.now())
    sleeper.sleep(performance.now() + 1_000)
    expect(sleeper.slept).toBe(0)
    sleeper.sleep(performance.now() + 1_000)
    expect(sleeper.slept).toBeGreaterThan(0)
  })

  test('does not begin in an iteration that has brought something', async () => {
    const clock = new PollClock()
    const sleeper = new Sleeper(clock)
    clock.stamp()
    sleeper.sleep(performance.now() + 1_000)
    expect(sleeper.slept).toBe(0)
    await iteration()
    sleeper.sleep(performance.now() + 1_000)
    expect(sleeper.slept).toBeGreaterThan(0)
  })
})

describe('what lies between two sleeps', () => {
  test('is polling where there was nothing to do', () => {
    const sleeper = new Sleeper(new PollClock())
    sleeper.sleep(performance.now() + 1)
    expect(sleeper.polling).toBe(0)
    block(20)
    sleeper.sleep(performance.now() + 1)
    expect(sleeper.polling).toBeGreaterThanOrEqual(20)
  })

  test('is none where there was', () => {
    const clock = new PollClock()
    const sleeper = new Sleeper(clock)
    sleeper.sleep(performance.now() + 1)
    const began = performance.now()
    block(100)
    clock.worked(began)
    sleeper.sleep(performance.now() + 1)
    expect(sleeper.polling).toBeLessThan(50)
  })

  test('is none where someone else counts it', () => {
    const sleeper = new Sleeper(new PollClock())
    sleeper.sleep(performance.now() + 1)
    sleeper.interrupt()
    block(20)
    sleeper.sleep(performance.now() + 1)
    expect(sleeper.polling).toBe(0)
  })

  test('is none as long as a poll waits', async () => {
    const clock = new PollClock()
    const sleeper = new Sleeper(clock)
    sleeper.sleep(performance.now() + 1)
    const began = performance.now()
    await elapsed(300)
    sleeper.sleep(performance.now() + 1)
    expect(sleeper.polling).toBeLessThan((performance.now() - began) / 2)
  })
})
