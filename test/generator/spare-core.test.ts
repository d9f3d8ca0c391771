import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { SpareCore, systemCoreUse } from '../../src/generator/spare-core.ts'
import { machineTimes } from '../../src/system/machine-times.ts'
import { canCrowd, spin } from '../support/starving.ts'

interface Shares {
  /** Of the time, 0 to 1. */
  readonly queued?: number
  readonly pressure?: number
  /** Processors. */
  readonly free?: number
}

/** A thread that asks for a core every ten milliseconds, on a machine that counts what it is told. */
class Asking {
  readonly #core: SpareCore
  #now = 0
  #queued = 0
  #pressure = 0
  #free = 0

  constructor(processors: number) {
    const use = { queued: () => this.#queued, pressure: () => this.#pressure, free: () => this.#free }
    this.#core = new SpareCore(processors, use, 0)
  }

  /** For how many of so many milliseconds there was a core. */
  for(length: number, shares?: Shares): number {
    let there = 0
    for (const end = this.#now + length; this.#now < end;) {
      this.work(10, shares)
      if (this.#core.isThere(this.#now)) there += 10
    }
    return there
  }

  /** Does not ask for so many milliseconds. */
  work(length: number, { queued = 0, pressure = 0, free = 2 }: Shares = {}): void {
    this.#now += length
    this.#queued += queued * length
    this.#pressure += pressure * length
    this.#free += free * length
  }

  /** Polls until the core is not there any more, because others want it. */
  lose(): void {
    this.for(300)
    this.for(200, { queued: 0.5 })
  }

  settle(): void {
    this.#core.settle(this.#now)
  }

  preferSleep(): void {
    this.#core.preferSleep()
  }
}

test('a core is there for as long as nobody waits for one', () => {
  expect(new Asking(2).for(5_000)).toBe(5_000)
})

test('there is none to spare of a single processor', () => {
  expect(new Asking(1).for(5_000)).toBe(0)
})

describe('a core is left to others', () => {
  test('where the thread itself waits for it', () => {
    const asking = new Asking(2)
    asking.for(300)
    asking.for(200, { queued: 0.2 })
    expect(asking.for(900)).toBe(0)
  })

  test('where someone else waits', () => {
    const asking = new Asking(2)
    asking.for(300)
    asking.for(200, { pressure: 0.2, free: 1.5 })
    expect(asking.for(900)).toBe(0)
  })

  test('not for those who wait though another processor is free: those of a quota do', () => {
    expect(new Asking(4).for(2_000, { pressure: 0.5, free: 2 })).toBe(2_000)
  })

  test('not for those who have yet to be moved to another processor', () => {
    const asking = new Asking(2)
    expect(asking.for(100, { queued: 0.5, pressure: 0.5, free: 1 })).toBe(100)
    expect(asking.for(1_000)).toBe(1_000)
    asking.for(190, { queued: 0.5, pressure: 0.5, free: 1 })
    asking.settle()
    expect(asking.for(1_000)).toBe(1_000)
  })

  test('not for those who wait now and then', () => {
    const asking = new Asking(2)
    const period = (): number => asking.for(10, { pressure: 0.9, free: 1 }) + asking.for(90, { free: 1 })
    expect(Array.from({ length: 50 }, period)).toEqual(Array.from({ length: 50 }, () => 100))
  })

  test('not for those who waited while the thread was busy, and did not ask', () => {
    const asking = new Asking(2)
    asking.for(300)
    asking.work(3_000, { pressure: 0.5, free: 1 })
    expect(asking.for(1_000)).toBe(1_000)
  })

  test('where the thread waited for it while it was busy', () => {
    const asking = new Asking(2)
    asking.for(300)
    asking.work(3_000, { queued: 0.5 })
    expect(asking.for(900)).toBe(0)
  })
})

describe('of a thread that sleeps between its pings a core is left to others', () => {
  function sleeping(): Asking {
    const asking = new Asking(2)
    asking.preferSleep()
    return asking
  }
  const waiting = { pressure: 0.04, free: 1.4 }

  test('who wait for a hundredth of the time for a second, and not where the thread has no such way', () => {
    expect(new Asking(2).for(5_000, waiting)).toBe(5_000)
    const asking = sleeping()
    expect(asking.for(1_000, waiting)).toBe(1_000)
    asking.for(200, waiting)
    expect(asking.for(900, waiting)).toBe(0)
  })

  test('not who hardly ever wait, or beside a processor that is free', () => {
    expect(sleeping().for(10_000, { pressure: 0.002, free: 1.8 })).toBe(10_000)
    expect(sleeping().for(10_000, { pressure: 0.04, free: 1.95 })).toBe(10_000)
  })

  test('not who wait for a moment now and then', () => {
    const asking = sleeping()
    const nowAndThen = (): number => asking.for(600, waiting) + asking.for(400, { free: 1.4 })
    expect(Array.from({ length: 10 }, nowAndThen)).toEqual(Array.from({ length: 10 }, () => 1_000))
  })

  test('until more is free than then, or half a minute is over', () => {
    const asking = sleeping()
    asking.for(1_200, waiting)
    expect(asking.for(29_000, waiting)).toBe(0)
    expect(asking.for(2_000, waiting)).toBeGreaterThan(0)
    const other = sleeping()
    other.for(1_200, waiting)
    expect(other.for(3_000, { free: 1.6 })).toBeGreaterThan(0)
  })
})

describe('a core that was left to others', () => {
  test('is there again after a second', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.for(990)).toBe(0)
    expect(asking.for(1_000)).toBe(1_000)
  })

  test('is not there as long as others need more than all processors but one', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.for(60_000, { free: 0.8 })).toBe(0)
    expect(asking.for(1_000, { free: 1 })).toBe(10)
  })

  test('is not there as long as no more is free than when others wanted it again at once, for half a minute', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.for(1_000, { free: 1.2 })).toBe(10)
    asking.for(300, { free: 0.2 })
    asking.for(200, { queued: 0.5, free: 0.2 })
    expect(asking.for(29_000, { free: 1.25 })).toBe(0)
    expect(asking.for(1_000, { free: 1.25 })).toBe(10)
  })

  test('is there as soon as more is free than then', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.for(1_000, { free: 1.2 })).toBe(10)
    asking.for(300, { free: 0.2 })
    asking.for(200, { queued: 0.5, free: 0.2 })
    expect(asking.for(1_000, { free: 1.4 })).toBe(10)
  })

  test('is there where all processors are free, though others wanted it again at once', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.for(1_000, { free: 1.95 })).toBe(10)
    asking.for(300)
    asking.for(200, { queued: 0.5 })
    expect(asking.for(1_000, { free: 1.95 })).toBe(10)
  })

  test('is there with as little as before where others did without it for long', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.for(1_000, { free: 1.2 })).toBe(10)
    asking.for(2_100, { free: 0.2 })
    asking.for(200, { queued: 0.5, free: 0.2 })
    expect(asking.for(1_000, { free: 1.2 })).toBe(10)
  })

  test('is there when the thread begins to poll again', () => {
    const asking = new Asking(2)
    asking.lose()
    asking.settle()
    expect(asking.for(1_000)).toBe(1_000)
  })
})

describe.runIf(canCrowd)('the system', () => {
  /** By how much a count grows, of each millisecond, while two programs spin on one processor. */
  async function growth(count: () => number): Promise<number> {
    using _ = spin(2, ['taskset', '-c', '0'])
    await sleep(300)
    const before = count()
    await sleep(2_000)
    return (count() - before) / 2_000
  }

  test.runIf(existsSync('/proc/pressure/cpu'))('counts who waits', async () => {
    expect(await growth(systemCoreUse.pressure)).toBeGreaterThan(0.05)
  })

  test('counts what is free', async () => {
    const free = await growth(systemCoreUse.free)
    expect(free).toBeGreaterThan(0)
    expect(free).toBeLessThan(machineTimes().processors - 0.5)
  })
})
