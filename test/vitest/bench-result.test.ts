import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { describe, expect, test } from 'vitest'
import { Histogram } from '../../src/result/histogram.ts'
import { kindNumbers, SliceRecorder, Slices } from '../../src/result/slices.ts'
import { toBenchResult } from '../../src/vitest/bench-result.ts'
import { loadResult } from '../support/result.ts'

/** From 1 to 3 ms, evenly. */
const even = Array.from({ length: 20_000 }, (_, nth) => 1 + ((nth * 7_919) % 20_000) / 10_000)

describe('a flood as a result of a benchmark', () => {
  const { latency, throughput, period, totalTime } = toBenchResult(loadResult(even))

  test('has its latency in milliseconds', () => {
    expect(latency.mean).toBeCloseTo(2, 2)
    expect(latency.p50).toBeCloseTo(2, 2)
    expect(latency.p999).toBeCloseTo(3, 1)
    expect(latency.sd).toBeCloseTo(Math.sqrt(4 / 12), 2)
    expect(latency.aad).toBeCloseTo(0.5, 2)
    expect(latency.mad).toBeCloseTo(0.5, 2)
    expect(latency.samplesCount).toBe(20_000)
  })

  test('has the latency of coalesced pings, and the throughput of answered ones', () => {
    const coalescing = toBenchResult(loadResult(even, { pings: { coalesced: 15_000 } }))
    expect(coalescing.latency).toEqual(latency)
    expect(coalescing.throughput.mean).toBe(1_000)
  })

  test('has the whole histogram', () => {
    const decoded = decodeFromCompressedBase64(latency.hdr)
    expect(decoded.totalCount).toBe(20_000)
    expect(decoded.getValueAtPercentile(50) / 1e6).toBeCloseTo(2, 2)
  })

  test('has its throughput in pings per second', () => {
    expect(throughput.mean).toBe(4_000)
    expect(period).toBe(0.25)
    expect(totalTime).toBe(5_000)
  })

  test('has a margin of error that is no narrower than that of independent samples', () => {
    expect(latency.moe).toBeGreaterThanOrEqual((1.9 * latency.sd) / Math.sqrt(20_000))
    expect(latency.rme).toBeCloseTo((100 * latency.moe) / latency.mean, 9)
  })
})

test('pings that were slow together have a wide margin of error in a short flood too', () => {
  const recorder = new SliceRecorder(1_000, 100)
  const buckets = new Histogram()
  const samples = Array.from({ length: 1_000 }, (_, nth) => (nth < 500 ? 1 : 3))
  for (const [nth, ms] of samples.entries()) {
    const bucket = buckets.record(ms * 1e6)
    recorder.count(kindNumbers.sent, Math.floor(nth / 100))
    recorder.answered(Math.floor(nth / 100), bucket, bucket)
  }
  const slices = Slices.of([recorder.pack()], 1_000)
  const { latency } = toBenchResult(loadResult(samples, { duration: 1_000, slices }))
  expect(latency.moe).toBeGreaterThan((10 * latency.sd) / Math.sqrt(1_000))
})

test('a flood without an answer has no numbers, and does not throw', () => {
  const { latency } = toBenchResult(loadResult([], { pings: { timedOut: 20 } }))
  expect(latency.mean).toBeNaN()
  expect(latency.samplesCount).toBe(0)
})
