import { describe, expect, test } from 'vitest'
import { rangeOf } from '../../src/capacity/findings.ts'
import { parseSLO } from '../../src/slo/objective.ts'

describe('a search', () => {
  test.each([
    ['20ms', 0.25],
    ['35ms', 0.361],
    ['1s', 0.5],
  ])('with a bound of %s begins above what a server seems to take by %d of the precision', (bound, share) => {
    const search = {
      over: 'rate',
      from: 1,
      to: 1e6,
      precision: 0.1,
      objectives: parseSLO({ p95: `< ${bound}` }),
    } as const
    expect(rangeOf(search).shareAbove).toBeCloseTo(share, 3)
  })
})
