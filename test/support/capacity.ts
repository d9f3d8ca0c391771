import { capacityOf, type CapacityResult } from '../../src/capacity/capacity.ts'
import type { SearchFindings } from '../../src/capacity/findings.ts'
import type { CapacityStep } from '../../src/capacity/step.ts'
import { loadResult, repeated } from './result.ts'

/** A step whose verdict is known, and what was measured under it. */
export function capacityStep(
  load: number,
  verdict: CapacityStep['verdict'],
  others: Partial<CapacityStep> = {},
): CapacityStep {
  const slow = { pass: 5, inconclusive: 20, fail: 400 }[verdict]
  const summary = loadResult([...repeated(900, 2), ...repeated(100, slow)])
  return {
    load,
    verdict,
    reasons: verdict === 'pass' ? [] : ['p99 is 400 ms'],
    summary,
    ...others,
  }
}

/** What a search for a rate has found. */
export function capacityResult(steps: readonly CapacityStep[], others: Partial<SearchFindings> = {}): CapacityResult {
  return capacityOf({
    over: 'rate',
    fixedConnections: 10,
    objectives: [{ indicator: 'p99', kind: 'duration', bound: '< 20ms', limit: 20, level: 'fail' }],
    from: 100,
    to: 100_000,
    precision: 0.1,
    confidence: 0.99,
    startedAt: '2026-01-01T00:00:00.000Z',
    duration: 12_000,
    steps,
    ...others,
  })
}
