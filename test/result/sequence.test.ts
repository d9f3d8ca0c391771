import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LoadResult, ServerReport } from '../../src/result/load-result.ts'
import { inSequence } from '../../src/result/sequence.ts'
import { sum } from '../../src/statistics/sum.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

const atEnd = { looks: { taken: 1, planned: 1 }, ended: 'completed' } as const

function together(...runs: LoadResult[]): LoadResult {
  return inSequence(runs, atEnd)
}

function server(cpu: number, pings: number, rss: number, duration = 1_000): ServerReport {
  const blocks = [{ start: 0, duration, cpu, pings }]
  return {
    source: 'command',
    processes: 1,
    cpuPerPing: cpu / pings,
    cores: cpu / duration,
    rss: { start: rss, max: rss, end: rss },
    blocks,
  }
}

describe('runs one after the other', () => {
  test('have the samples of all of them', () => {
    const { latency, latencyFloor, pings, duration } = together(
      loadResult(repeated(300, 2), { duration: 1_000 }),
      loadResult([...repeated(90, 2), ...repeated(10, [10, 20] as const)], { duration: 3_000, pings: { timedOut: 7 } }),
    )
    expect(latency).toMatchObject({ count: 400, p50: expect.closeTo(2, 2), max: expect.closeTo(20, 1) })
    expect(latencyFloor.max).toBeCloseTo(10, 1)
    expect(pings).toEqual({ due: 407, sent: 407, answered: 400, coalesced: 0, timedOut: 7, lost: 0, dropped: 0 })
    expect(duration).toBe(4_000)
  })

  test('have rates and shares of the whole time', () => {
    const { throughput, errorRate, generator } = together(
      loadResult(repeated(300, 2), { duration: 1_000, generator: { eventLoopUtilization: 0.8 } }),
      loadResult(repeated(100, 2), { duration: 3_000, generator: { eventLoopUtilization: 0.4 }, pings: { lost: 100 } }),
    )
    expect(throughput).toBeCloseTo(100, 9)
    expect(errorRate).toBeCloseTo(0.2, 9)
    expect(generator.eventLoopUtilization).toBeCloseTo(0.5, 9)
  })

  test('were nothing where none of them had begun to measure', () => {
    const { throughput, slices, duration } = together(loadResult([], { duration: 0, ended: 'aborted' }))
    expect({ throughput, slices: slices.count, duration }).toEqual({ throughput: 0, slices: 0, duration: 0 })
  })

  test('follow one another in slices and intervals', () => {
    const second = { start: 0, duration: 1_000, sent: 1, answered: 1, timedOut: 0, lost: 0, dropped: 0 }
    const interval = { ...second, throughput: 1, p50: 1, p99: 1, max: 1 }
    const { slices, intervals } = together(
      loadResult(repeated(3_000, 2), { duration: 1_000, intervals: [interval] }),
      loadResult(repeated(3_000, 16), { duration: 1_000, intervals: [interval] }),
    )
    expect(intervals.map(({ start }) => start)).toEqual([0, 1_000])
    const half = Math.floor(slices.count / 2)
    expect(slices.stretch(0, half).percentile(100, 0)).toBeCloseTo(2, 1)
    expect(slices.stretch(half, slices.count - half).percentile(0, 0)).toBeCloseTo(16, 0)
  })

  test('lose no sample of a slice, however long they are', () => {
    const run = fc.record({ duration: fc.integer({ min: 20, max: 40_000 }), samples: fc.integer({ min: 1, max: 200 }) })
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 8 }), (all) => {
        const { slices, duration } = together(
          ...all.map((one) => loadResult(repeated(one.samples, 3), { duration: one.duration })),
        )
        const samples = sum(all.map((one) => one.samples))
        expect(sum(slices.pings('answered'))).toBe(samples)
        expect(sum(slices.measuredEach())).toBe(samples)
        expect(slices.count * slices.length).toBeGreaterThanOrEqual(duration - 1e-6)
        expect(slices.count).toBeLessThanOrEqual(512)
      }),
      { numRuns: 8 },
    )
  })

  test('name every kind of fault of theirs', () => {
    const { errors } = together(
      loadResult([1], { errors: { ECONNRESET: { count: 2, samples: ['reset'] } } }),
      loadResult([1], {
        errors: { ECONNRESET: { count: 1, samples: ['reset', 'again'] }, PING_TIMEOUT: { count: 1, samples: [] } },
      }),
    )
    expect(errors).toEqual({
      ECONNRESET: { count: 3, samples: ['reset', 'again'] },
      PING_TIMEOUT: { count: 1, samples: [] },
    })
  })

  test('have ended as the first of them that did not end as planned', () => {
    expect(together(loadResult(), loadResult(undefined, { ended: 'disconnected' }), loadResult()).ended).toBe(
      'disconnected',
    )
    expect(together(loadResult(), loadResult()).ended).toBe('completed')
    expect(inSequence([loadResult(), loadResult()], { ...atEnd, ended: 'decided' }).ended).toBe('decided')
  })

  test('were of a saturated generator where what one was saturated by is as much of all of them', () => {
    const starving = (waiting: number) =>
      loadResult(undefined, {
        generator: { saturated: true, reasons: ['starved'], starvation: { waiting, stopped: 0 } },
      })
    const calm = repeated(3, loadResult(undefined, { generator: { starvation: { waiting: 0.05, stopped: 0 } } }))
    expect(together(...calm, starving(0.9)).generator).toMatchObject({
      saturated: true,
      reasons: ['in 1 of 4 runs, of which the first: starved'],
      starvation: { waiting: expect.closeTo(0.2625, 9) },
    })
    expect(together(...calm, starving(0.5)).generator).toMatchObject({ saturated: false, reasons: [] })
  })

  test('were late altogether where one was so late that it shows', () => {
    const late = latencies(repeated(20_000, 40)).both
    const saturated = loadResult(undefined, { generator: { saturated: true, reasons: ['late'], sendDelay: late } })
    const calm = loadResult(undefined, { generator: { sendDelay: latencies(repeated(20_000, 0.01)).both } })
    expect(together(saturated, ...repeated(15, calm)).generator.saturated).toBe(true)
    expect(together(saturated, ...repeated(127, calm)).generator.saturated).toBe(false)
  })
})

describe('the servers of runs one after the other', () => {
  test('spent on an answer what all of them did on all answers, block after block', () => {
    const { server: all } = together(
      loadResult(undefined, { duration: 1_000, server: server(100, 1_000, 50) }),
      loadResult(undefined, { duration: 3_000, server: server(300, 1_000, 70, 3_000) }),
    )
    expect(all).toMatchObject({ cpuPerPing: 0.2, cores: 0.1, rss: { start: 50, max: 70, end: 70 } })
    expect(all!.blocks.map(({ start, duration, cpu, pings }) => [start, duration, cpu, pings])).toEqual([
      [0, 1_000, 100, 1_000],
      [1_000, 3_000, 300, 1_000],
    ])
  })

  test('have 128 blocks at most, in which nothing is lost', () => {
    const blocksOfEach = Array.from({ length: 10 }, (_, nth) => ({
      start: nth * 100,
      duration: 100,
      cpu: 2,
      pings: 10,
    }))
    const runs = Array.from({ length: 30 }, () =>
      loadResult(undefined, { server: { ...server(20, 100, 50), blocks: blocksOfEach } }),
    )
    const { blocks } = together(...runs).server!
    expect(blocks.length).toBeLessThanOrEqual(128)
    expect(blocks.length).toBeGreaterThan(64)
    expect(sum(blocks.map(({ cpu }) => cpu))).toBe(600)
    expect(sum(blocks.map(({ duration }) => duration))).toBe(30_000)
  })

  test('were not watched where one was not, and why', () => {
    const unwatched = loadResult(undefined, { serverUnwatched: 'it has ended' })
    const all = together(loadResult(undefined, { server: server(100, 1_000, 50) }), unwatched)
    expect(all).toMatchObject({ server: undefined, serverUnwatched: 'it has ended' })
  })
})

test('fan-outs one after the other have the messages of all of them', () => {
  const run = fanOutResult()
  const { fanOut } = together(run, run)
  expect(fanOut!.completion.latency.count).toBe(2 * run.fanOut.completion.latency.count)
  expect(fanOut!.completion.pings.sent).toBe(2 * run.fanOut.completion.pings.sent)
  expect(sum(fanOut!.first.slices.measuredEach())).toBe(fanOut!.first.latency.count)
})
