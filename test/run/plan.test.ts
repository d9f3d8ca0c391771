import { rootCertificates } from 'node:tls'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseOptions, type WsLoadOptions } from '../../src/options/options.ts'
import { availableProcessors } from '../../src/system/processors.ts'
import type { ThreadPlan } from '../../src/generator/thread-plan.ts'
import { planThreads, threadsFor, threadsOf } from '../../src/run/plan.ts'
import { poissonArrivals, Schedule } from '../../src/generator/schedule.ts'

const url = 'ws://127.0.0.1:3001'

function plan(options: WsLoadOptions): ThreadPlan[] {
  return planThreads(parseOptions({ seed: 1, ...options }), url)
}

function sum(plans: readonly ThreadPlan[], of: (plan: ThreadPlan) => number): number {
  return plans.reduce((total, one) => total + of(one), 0)
}

/** How far a sum of parts is from the whole, as a share of it. */
function distance(value: number, exact: number): number {
  return Math.abs(value - exact) / exact
}

const connections = fc.integer({ min: 1, max: 5_000 })
const threads = fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 64 }))
const rates = fc.double({ min: 0.001, max: 1e9, noNaN: true })

describe('the shares of all threads', () => {
  test('add up to the connections, as even as can be and one behind the other', () => {
    fc.assert(
      fc.property(connections, threads, (count, wanted) => {
        const plans = plan({ connections: count, threads: wanted })
        const shares = plans.map((one) => one.connections)
        expect(sum(plans, (one) => one.connections)).toBe(count)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
        expect(Math.min(...shares)).toBeGreaterThan(0)
        for (const [nth, one] of plans.entries()) {
          expect(one.firstConnection).toBe(sum(plans.slice(0, nth), (before) => before.connections))
          expect(one.allConnections).toBe(count)
        }
      }),
    )
  })

  test('add up to the pings, as even as can be', () => {
    fc.assert(
      fc.property(connections, threads, fc.integer({ min: 1, max: 1e9 }), (count, wanted, pings) => {
        const plans = plan({ connections: count, threads: wanted, pings })
        const shares = plans.map((one) => one.pings)
        expect(sum(plans, (one) => one.pings)).toBe(pings)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
        expect(Math.min(...shares)).toBeGreaterThan(0)
      }),
    )
  })

  test('add up to the rates, in proportion to the connections', () => {
    fc.assert(
      fc.property(connections, threads, rates, rates, rates, (count, wanted, rate, to, connectRate) => {
        const stages = [{ duration: '1s', rate: to }]
        const plans = plan({ connections: count, threads: wanted, rate, stages, connectRate })
        const sums = {
          connectRate: sum(plans, (one) => one.connectRate),
          rate: sum(plans, (one) => one.open!.segments[0]!.from),
          to: sum(plans, (one) => one.open!.segments[1]!.to),
        }
        expect(distance(sums.connectRate, connectRate)).toBeLessThan(1e-12)
        expect(distance(sums.rate, rate)).toBeLessThan(1e-12)
        expect(distance(sums.to, to)).toBeLessThan(1e-12)
        for (const one of plans) {
          const share = one.connections / count
          expect(distance(one.open!.segments[0]!.to, rate * share)).toBeLessThan(1e-12)
          expect(distance(one.connectRate, connectRate * share)).toBeLessThan(1e-12)
        }
      }),
    )
  })

  test('have no limit where the run has none', () => {
    expect(plan({ connections: 5, threads: 2 })).toMatchObject([
      { connectRate: Infinity, pings: Infinity, duration: 10_000, open: undefined },
      { connectRate: Infinity, pings: Infinity, duration: 10_000, open: undefined },
    ])
  })
})

describe('the number of threads', () => {
  test.for([
    [{ connections: 100, threads: 4 }, 4],
    [{ connections: 3, threads: 4 }, 3],
    [{ connections: 100, threads: 4, pings: 2 }, 2],
    [{ connections: 1, threads: 64 }, 1],
    [{ connections: 15 }, 1],
    [{ connections: 31 }, 1],
  ] as const)('%#: is as asked, but each has a connection and a ping to do: %o', ([options, count]) => {
    expect(plan(options)).toHaveLength(count)
  })

  test.for([
    [8, 4],
    [2, 1],
    [3.9, 1],
    [0.25, 1],
  ])('of %d processors, or a quota of them, is half unless it is asked for: %d', ([processors, count]) => {
    const options = parseOptions({ connections: 1_000_000 })
    const plans = planThreads(options, url, undefined, [threadsFor(options, processors)])
    expect(plans).toHaveLength(count!)
  })

  test('is that of the processors that this process may use', () => {
    const plans = plan({ connections: 1_000_000 })
    expect(plans).toHaveLength(Math.max(1, Math.floor(availableProcessors() / 2)))
  })
})

describe('the open model', () => {
  test('warms up at its rate and keeps it', () => {
    expect(plan({ rate: 50, warmup: '2s', threads: 1 })[0]!.open).toEqual({
      segments: [
        { duration: 2_000, from: 50, to: 50 },
        { duration: Infinity, from: 50, to: 50 },
      ],
      arrivals: 'constant',
      offset: 0,
      seed: 1,
    })
  })

  test('goes from stage to stage, and jumps where one has no length', () => {
    const stages = [
      { duration: 100, rate: 80 },
      { duration: 0, rate: 200 },
      { duration: 300, rate: 0 },
    ]
    expect(plan({ rate: 40, stages, warmup: 500, threads: 1 })[0]!.open!.segments).toEqual([
      { duration: 500, from: 40, to: 40 },
      { duration: 100, from: 40, to: 80 },
      { duration: 300, from: 200, to: 0 },
    ])
  })

  test('has no warm-up where there is none', () => {
    expect(plan({ rate: 50, warmup: 0, threads: 1 })[0]!.open!.segments).toEqual([
      { duration: Infinity, from: 50, to: 50 },
    ])
  })

  test('warms up at the rate that its first stage jumps to', () => {
    const stages = [
      { duration: 0, rate: 70 },
      { duration: 100, rate: 70 },
    ]
    expect(plan({ stages, warmup: 500, threads: 1 })[0]!.open!.segments).toEqual([
      { duration: 500, from: 70, to: 70 },
      { duration: 100, from: 70, to: 70 },
    ])
  })

  test('has threads that take turns, each with points of its own', () => {
    const plans = plan({ rate: 50, arrivals: 'poisson', connections: 64, threads: 4, seed: 0xffff_fff0 })
    expect(plans.map((one) => one.open!.offset)).toEqual([0, 0.25, 0.5, 0.75])
    const seeds = plans.map((one) => one.open!.seed)
    expect(new Set(seeds).size).toBe(4)
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true)
    expect(seeds[0]).toBe(0xffff_fff0)
  })

  test('has Poisson threads that are one Poisson process together', () => {
    const seconds = 1_000
    const counts = Array.from({ length: seconds }, () => 0)
    for (const { open } of plan({ rate: 40, arrivals: 'poisson', connections: 64, threads: 4, warmup: 0 })) {
      const schedule = new Schedule(open!.segments)
      const points = poissonArrivals(open!.seed)
      for (let due = 0; due < seconds * 1_000; due = schedule.dueAt(points.next())) counts[Math.floor(due / 1_000)]!++
    }
    const mean = counts.reduce((total, count) => total + count, 0) / seconds
    const variance = counts.reduce((total, count) => total + (count - mean) ** 2, 0) / seconds
    // Threads that repeat each other vary up to 4 times as much. The bound is 5 standard errors; the seed is fixed.
    expect(Math.abs(variance / mean - 1)).toBeLessThan(5 * Math.sqrt(2 / seconds))
  })

  test('has threads that do not repeat each other', () => {
    const plans = plan({ rate: 50, arrivals: 'poisson', connections: 64, threads: 64 })
    const pairs = plans.flatMap(({ open }) => {
      const points = poissonArrivals(open!.seed)
      const drawn = Array.from({ length: 1_001 }, () => points.next())
      const gaps = drawn.map((point, nth) => (point - (drawn[nth - 1] ?? 0)).toFixed(6))
      return gaps.slice(1).map((gap, nth) => `${gaps[nth]} ${gap}`)
    })
    expect(new Set(pairs).size).toBe(64_000)
  })

  test('is the same again for the same seed', () => {
    const options: WsLoadOptions = { rate: 50, arrivals: 'poisson', connections: 64, threads: 4, seed: 7 }
    const loads = () => plan(options).map((one) => ({ ...one, tag: undefined }))
    expect(loads()).toEqual(loads())
  })
})

test('a plan is data that can be cloned to its thread', () => {
  const plans = plan({
    rate: 5,
    connections: 64,
    threads: 2,
    headers: { a: ['b'] },
    tls: { ca: rootCertificates[0]! },
    probe: { request: (id) => `${id}`, reply: () => 1, data: { a: 1 } },
  })
  expect(structuredClone(plans)).toEqual(plans)
})

test('a plan is for the url that it is given', () => {
  expect(plan({ url: 'ws://another' })[0]!.url).toBe(url)
})

test('threads of one run share its tag, and no other run has it', () => {
  const tags = Array.from({ length: 4 }, () => new Set(plan({ connections: 64, threads: 4 }).map(({ tag }) => tag)))
  expect(tags.map(({ size }) => size)).toEqual([1, 1, 1, 1])
  // Two of these are the same once in a thousand million times.
  expect(new Set(tags.flatMap((ofRun) => [...ofRun])).size).toBe(4)
})

test('what is asked for is shared out whole, whatever part of a processor the quotas of machines leave', () => {
  const processors = fc.array(fc.double({ min: 0.1, max: 64, noNaN: true }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(processors, fc.integer({ min: 8, max: 5_000 }), (quotas, connections) => {
      const options = parseOptions({ connections, rate: 1_000, duration: '1s' })
      const threads = threadsOf(options, quotas)
      const plans = planThreads(options, 'ws://h', undefined, threads)
      const rates = plans.map(({ open }) => open!.segments.at(-1)!.to)
      expect(plans).toHaveLength(threads.reduce((sum, count) => sum + count, 0))
      expect(plans.reduce((sum, plan) => sum + plan.connections, 0)).toBe(connections)
      expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(1_000)
    }),
  )
})
