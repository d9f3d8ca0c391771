import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { adviseOptions } from '../../src/vitest/advice.ts'
import { loadResult, repeated } from '../support/result.ts'

/** What is advised to a run of 300 ms and as many pings. */
function advice(slo: SLO, options: Parameters<typeof loadResult>[1] = {}, timeout?: number): string | undefined {
  const result = loadResult(repeated(300, 2), { duration: 300, ...options })
  return adviseOptions(result, evaluateSLO(result, slo), timeout)
}

const ofEarlyEnd = { options: { until: { p99: '< 20ms' }, maxDuration: 300, warmup: 1_000 } }

describe('a run of a fixed length', () => {
  test('is to end when it is decided', () => {
    expect(advice({ p99: '< 20ms' })).toBe('let the run end when it is decided: take until instead of a fixed length')
  })

  test('is told a longest duration where the default does not suffice', () => {
    expect(advice({ 'p99.9': '< 20ms' }, { pings: { lost: 1 } })).toMatch(/fixed length, with maxDuration: '\d{3,}s'$/)
  })
})

test('a run that ended undecided is told how long it may have to last', () => {
  expect(advice({ p99: '< 20ms' }, ofEarlyEnd)).toMatch(/^take maxDuration: '\d+s'$/)
})

describe('a duration that the timeout of the test forbids', () => {
  test('is not advised without the timeout that it takes', () => {
    expect(advice({ p99: '< 20ms' }, {}, 5_000)).toBe(
      'let the run end when it is decided: take until instead of a fixed length, with a test timeout of more than 61 s, it is 5 s',
    )
    expect(advice({ p99: '< 20ms' }, ofEarlyEnd, 1_000)).toMatch(
      /^take maxDuration: '\d+s', with a test timeout of more than \d+ s, it is 1 s$/,
    )
  })

  test('is not known of a test without a timeout, nor where there is time enough', () => {
    for (const timeout of [0, 90_000]) {
      expect(advice({ p99: '< 20ms' }, {}, timeout)).toMatch(/fixed length$/)
    }
  })
})

test('nothing is advised where it is decided', () => {
  expect(advice({ lost: '<= 0' })).toBeUndefined()
})
