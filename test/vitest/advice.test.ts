import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { adviseOptions, type TestedAs } from '../../src/vitest/advice.ts'
import { loadResult, repeated } from '../support/result.ts'

/** What is advised to a run of 300 ms and as many pings. */
function advice(slo: SLO, options: Parameters<typeof loadResult>[1] = {}, tested: TestedAs = {}): string | undefined {
  const result = loadResult(repeated(300, 2), { duration: 300, ...options })
  return adviseOptions(result, evaluateSLO(result, slo), tested)
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

test('a run that ended because something else was decided is to wait for this as well', () => {
  const decided = { ...ofEarlyEnd, ended: 'decided' } as const
  expect(advice({ p99: '< 20ms' }, decided)).toMatch(
    /^let the run last .*: give until the same SLO, with maxDuration: /,
  )
  const long = { ...decided, options: { ...decided.options, maxDuration: 3_600_000 } }
  expect(advice({ p99: '< 20ms' }, long)).toMatch(/: give until the same SLO$/)
})

test('a side of a comparison is to be flooded by itself, for no until ends one', () => {
  expect(advice({ p99: '< 20ms' }, {}, { isCompared: true })).toMatch(/^flood the server by itself/)
})

test('nothing is advised to a step of a search for a capacity', () => {
  expect(advice({ p99: '< 20ms' }, {}, { isOfSearch: true })).toBeUndefined()
})

describe('a duration that the timeout of the test forbids', () => {
  test('is not advised without the timeout that it takes', () => {
    expect(advice({ p99: '< 20ms' }, {}, { timeout: 5_000 })).toBe(
      'let the run end when it is decided: take until instead of a fixed length, with a test timeout of more than 61 s, it is 5 s',
    )
    expect(advice({ p99: '< 20ms' }, ofEarlyEnd, { timeout: 1_000 })).toMatch(
      /^take maxDuration: '\d+s', with a test timeout of more than \d+ s, it is 1 s$/,
    )
  })

  test('is not known of a test without a timeout, nor where there is time enough', () => {
    for (const timeout of [0, 90_000]) {
      expect(advice({ p99: '< 20ms' }, {}, { timeout })).toMatch(/fixed length$/)
    }
  })
})

test('nothing is advised where it is decided', () => {
  expect(advice({ lost: '<= 0' })).toBeUndefined()
})
