import { expect, test } from 'vitest'
import { describeFirstFlood } from '../../src/capacity/first-flood.ts'
import { loadResult } from '../support/result.ts'

test('nothing is said of a flood that was answered', () => {
  expect(describeFirstFlood(loadResult())).toEqual([])
})

test('pings that were not answered are counted, and their fault is named', () => {
  const result = loadResult(undefined, {
    pings: { due: 60, sent: 60, answered: 30, timedOut: 30 },
    errors: { ERROR_ANSWER: { count: 30, samples: [] } },
  })
  expect(describeFirstFlood(result)).toEqual([
    'asked without a pause, the server answered 30 of 60 pings',
    'ERROR_ANSWER × 30',
  ])
})

test('a flood without an answer is none', () => {
  const result = loadResult([], { pings: { due: 60, sent: 60, answered: 0, timedOut: 60 } })
  expect(describeFirstFlood(result)[0]).toMatch(/^nothing was measured, .* none of 60 pings was answered$/)
})

test('a flood that was aborted says so', () => {
  expect(describeFirstFlood(loadResult(undefined, { ended: 'aborted' }))[0]).toMatch(/^the run was aborted/)
})
