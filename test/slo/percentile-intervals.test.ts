import { expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { percentileIntervals } from '../../src/slo/percentile-intervals.ts'
import { loadResult, repeated } from '../support/result.ts'

const result = loadResult([...repeated(19_700, 2), ...repeated(300, 18)], { pings: { lost: 3 } })

test('percentiles have the confidence intervals of a verdict on as many of them', () => {
  const { objectives } = evaluateSLO(result, { p50: '< 1h', p90: '< 1h', p99: '< 1h' })
  const intervals = percentileIntervals(result, [50, 90, 99])
  expect(objectives).toMatchObject(intervals)
  expect(intervals[2]!.low).toBeLessThan(intervals[2]!.high)
})

test('percentiles of a run that says nothing of its target have none', () => {
  for (const invalid of [loadResult([], { pings: { lost: 10 } }), loadResult(undefined, { ended: 'aborted' })]) {
    expect(percentileIntervals(invalid, [50, 99])).toMatchObject([
      { low: NaN, high: NaN, samples: 0 },
      { low: NaN, high: NaN, samples: 0 },
    ])
  }
})

test('a confidence that is none has no intervals', () => {
  expect(() => percentileIntervals(loadResult(undefined, { options: { confidence: 5 } }), [50])).toThrow(
    expect.objectContaining({ code: 'WSLOAD_ERR_INVALID_OPTIONS' }),
  )
})
