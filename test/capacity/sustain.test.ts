import { describe, expect, test } from 'vitest'
import { judgeSustained } from '../../src/capacity/sustain.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { loadResult } from '../support/result.ts'

describe('a load to sustain', () => {
  const capacity = capacityResult([capacityStep(900, 'pass'), capacityStep(1_600, 'fail')])

  test.each([
    [900, 'pass', '900/s is sustained with p99 < 20ms: 900/s is surely kept, 1.6k/s surely missed'],
    [1_600, 'fail', '1.6k/s is not sustained with p99 < 20ms: 900/s is surely kept, 1.6k/s surely missed'],
    [
      1_000,
      'inconclusive',
      '1k/s is neither surely sustained nor surely too much with p99 < 20ms: 900/s is surely kept',
    ],
  ] as const)('of %d/s is a %s', (load, verdict, reason) => {
    expect(judgeSustained(capacity, load)).toMatchObject({ verdict, load, vacuous: false })
    expect(judgeSustained(capacity, load).reason).toContain(reason)
  })

  test.each([0, -1, NaN, Infinity, '5k/s'])('is not %o', (load) => {
    expect(() => judgeSustained(capacity, load as number)).toThrow('load: expected a number above 0')
  })

  test('is never a pass by a search that found nothing', () => {
    expect(judgeSustained(capacityResult([]), 1)).toMatchObject({ verdict: 'inconclusive', vacuous: true })
  })

  test.each([
    ['failed', { summary: undefined, reasons: ['a load thread crashed'] }],
    ['lost an agent', { summary: loadResult(undefined, { ended: 'incomplete' }) }],
    ['was aborted', { summary: loadResult(undefined, { ended: 'aborted' }) }],
  ] as const)('is not merely undecided where a run %s before it was tried', (_, over) => {
    const cut = capacityResult([capacityStep(900, 'pass'), capacityStep(1_600, 'inconclusive', over)])
    expect(judgeSustained(cut, 1_000)).toMatchObject({ verdict: 'inconclusive', vacuous: true })
    expect(judgeSustained(cut, 500)).toMatchObject({ verdict: 'pass', vacuous: false })
  })
})
