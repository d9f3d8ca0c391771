import { describe, expect, test } from 'vitest'
import { SpareCore } from '../../src/generator/spare-core.ts'

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

  /** How long there is none, in milliseconds, while nobody wants it. */
  sparing(): number {
    let spared = 0
    while (spared < 100_000 && this.for(10) === 0) spared += 10
    return spared
  }

  /** Polls until the core is not there any more, because others want it. */
  lose(): void {
    this.for(200)
    this.for(100, { queued: 0.5 })
  }

  settle(): void {
    this.#core.settle(this.#now)
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
    asking.for(200)
    asking.for(100, { queued: 0.2 })
    expect(asking.for(900)).toBe(0)
  })

  test('where someone waits who did not before', () => {
    const asking = new Asking(2)
    asking.for(200)
    asking.for(100, { pressure: 0.2 })
    expect(asking.for(900)).toBe(0)
  })

  test('not for those who have yet to be moved to another processor', () => {
    const asking = new Asking(2)
    expect(asking.for(100, { queued: 0.5, pressure: 0.5 })).toBe(100)
    expect(asking.for(1_000)).toBe(1_000)
    asking.for(90, { queued: 0.5, pressure: 0.5 })
    asking.settle()
    expect(asking.for(1_000)).toBe(1_000)
  })

  test('not for those who wait anyway', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.for(1_000, { pressure: 0.5 })).toBe(10)
    expect(asking.for(1_000, { pressure: 0.55 })).toBe(1_000)
    asking.for(100, { pressure: 0.65 })
    expect(asking.for(500)).toBe(0)
  })

  test('not for those who wait now and then, as they do anyway', () => {
    const asking = new Asking(2)
    const half = (length: number): number => asking.for(length / 2, { pressure: 0.8 }) + asking.for(length / 2)
    asking.lose()
    for (let nth = 0; nth < 10; nth++) half(100)
    const there = Array.from({ length: 20 }, () => half(100))
    expect(there.slice(1)).toEqual(Array.from({ length: 19 }, () => 100))
  })

  test('for those who wait as they did once, and then did not', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.for(1_000, { pressure: 0.5 })).toBe(10)
    expect(asking.for(5_000)).toBe(5_000)
    asking.for(100, { pressure: 0.5 })
    expect(asking.for(500)).toBe(0)
  })

  test('not for those who waited while the thread was busy, and did not ask', () => {
    const asking = new Asking(2)
    asking.for(200)
    asking.work(3_000, { pressure: 0.5 })
    expect(asking.for(1_000)).toBe(1_000)
  })

  test('where the thread waited for it while it was busy', () => {
    const asking = new Asking(2)
    asking.for(200)
    asking.work(3_000, { queued: 0.5 })
    expect(asking.for(900)).toBe(0)
  })
})

describe('a core that was left to others', () => {
  test('is there again after a second', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.sparing()).toBe(990)
    expect(asking.for(1_000)).toBe(1_000)
  })

  test('is not there as long as others need more than all processors but one', () => {
    const asking = new Asking(2)
    asking.lose()
    expect(asking.for(5_000, { free: 0.8 })).toBe(0)
    expect(asking.for(1_000, { free: 1 })).toBe(10)
  })

  test('is left to them for twice as long each time that it is wanted again, up to half a minute', () => {
    const asking = new Asking(2)
    const times = Array.from({ length: 7 }, () => {
      asking.for(100)
      asking.for(100, { queued: 0.5 })
      return Math.ceil(asking.sparing() / 1_000)
    })
    expect(times).toEqual([1, 2, 4, 8, 16, 32, 32])
  })

  test('is left to them for a second again once nobody wanted it for as long as it was to be left', () => {
    const asking = new Asking(2)
    asking.lose()
    asking.sparing()
    asking.for(1_500)
    asking.for(100, { queued: 0.5 })
    expect(asking.sparing()).toBe(1_990)
    asking.for(4_000)
    asking.for(100, { queued: 0.5 })
    expect(asking.sparing()).toBe(990)
  })

  test('is there when the thread begins to poll again, and left for a second if it is still wanted', () => {
    const asking = new Asking(2)
    asking.lose()
    asking.settle()
    expect(asking.for(100)).toBe(100)
    asking.for(100, { queued: 0.5 })
    expect(asking.sparing()).toBe(990)
  })
})
