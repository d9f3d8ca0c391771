import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { secondsIn, upperEndsOf } from '../../src/export/upper-ends.ts'
import { latencies } from '../support/result.ts'

const samples = fc.array(fc.integer({ min: 0, max: 20_000_000 }), { minLength: 1, maxLength: 100 })

test('samples are as slow as percentiles have them', () => {
  fc.assert(
    fc.property(samples, (ns) => {
      const { both: latency } = latencies(ns.map((value) => value / 1e6))
      let reached = 0
      for (const [seconds, count] of upperEndsOf(latency)) {
        reached += count
        expect(seconds).toBeCloseTo(latency.percentile((reached / latency.count) * 100) / 1_000, 12)
      }
      expect(reached).toBe(ns.length)
    }),
  )
})

test('no sample is taken for faster than it was, nor for more than 0.1 % slower', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_600_000_000 }), (us) => {
      const [[seconds]] = upperEndsOf(latencies([us / 1_000]).both) as [readonly [number, number]]
      expect(seconds).toBeGreaterThanOrEqual(us / 1e6)
      expect(seconds).toBeLessThan((us / 1e6) * 1.001)
    }),
  )
})

test('the sum of no samples is 0', () => {
  expect(secondsIn(latencies([]).both)).toBe(0)
  expect(secondsIn(latencies([500, 1_500]).both)).toBeCloseTo(2, 3)
})
