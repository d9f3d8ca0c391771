import { describe, expect, test } from 'vitest'
import { Recorder } from '../../src/generator/recorder.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { Slices } from '../../src/result/slices.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { observeRun } from '../../src/slo/observation.ts'
import { latencies, loadResult } from '../support/result.ts'

const duration = 20_000

/** 1,000 pings/s over 20 s, each answered so many milliseconds after it was due. */
function answeredAfter(latencyOf: (due: number) => number, warmup = 1_000): LoadResult {
  const recorder = Object.assign(new Recorder(true, duration), { from: 0, until: duration })
  const dues = Array.from({ length: duration }, (_, due) => due)
  for (const due of dues) {
    const came = due + latencyOf(due)
    recorder.sent({ due, sent: due })
    recorder.answered({ due, sent: due, floor: came, ceiling: came })
  }
  const samples = dues.map(latencyOf)
  const slices = Slices.of([recorder.slices()], duration)
  return { ...loadResult(samples, { duration, slices, options: { warmup } }), serviceTime: latencies(samples).both }
}

describe('a throughput over each stretch of a run at a rate', () => {
  const slo = { throughput: '> 500/s over any 2s' } as const

  test('is that of the answers that came in it', () => {
    expect(
      evaluateSLO(
        answeredAfter(() => 2),
        slo,
      ).verdict,
    ).toBe('pass')
    const silent = answeredAfter((due) => (due >= 5_000 && due < 9_000 ? 9_000 - due : 2))
    const { verdict, reasons } = evaluateSLO(silent, slo)
    expect(verdict).toBe('fail')
    expect(reasons[0]).toContain('throughput is 0/s')
  })

  test('is not known before the first answers can have come', () => {
    const { verdict, reasons } = evaluateSLO(
      answeredAfter(() => 1_500, 0),
      slo,
    )
    expect(verdict).toBe('inconclusive')
    expect(reasons[0]).toContain('the first answers were still to come: take a longer warmup')
  })

  test('is known of the first one where the warm-up was as long, and not without a load', () => {
    const run = answeredAfter(() => 1_500)
    const settlingTime = (load: Partial<LoadResult['options']>): number =>
      observeRun({ ...run, options: { ...run.options, warmup: 2_000, ...load } }).settlingTime
    const stages = [{ duration, rate: 1_000 }]
    expect(settlingTime({ rate: 1_000 })).toBe(0)
    expect(settlingTime({ stages, rate: 1_000 })).toBe(0)
    expect(settlingTime({ stages })).toBeGreaterThanOrEqual(1_500)
  })

  test('is not known of a file, which does not keep when answers came', () => {
    const run = answeredAfter(() => 2)
    const slices = Slices.of([{ ...run.slices.pack(), arrivals: new Float64Array() }], duration)
    expect(evaluateSLO({ ...run, slices }, slo)).toMatchObject({
      verdict: 'inconclusive',
      reasons: ['throughput: a file does not keep when answers came: judge the run itself'],
    })
  })
})

test('an offered rate over each stretch is not known of a saturated generator', () => {
  const run = answeredAfter(() => 2)
  const saturated = { ...run, generator: { ...run.generator, saturated: true, reasons: ['late'] } }
  const slo = { offeredRate: '> 900/s over any 2s' } as const
  expect(evaluateSLO(run, slo).verdict).toBe('pass')
  expect(evaluateSLO(saturated, slo).verdict).toBe('inconclusive')
})
