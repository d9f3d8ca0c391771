import type { LoadResult } from '../result/load-result.ts'
import { confidenceOf, decisionRule, whyInvalid } from './evaluate.ts'
import { type Evidence, noEvidence, percentileEvidence } from './evidence.ts'
import { observeRun } from './observation.ts'

/**
 * Confidence intervals of percentiles of the response time in milliseconds, at the run's own confidence: those of a verdict
 * on an upper bound for each of them. `NaN` where a run says nothing about its target.
 * @param percentiles each above 0 and below 100
 */
export function percentileIntervals(result: LoadResult, percentiles: readonly number[]): Evidence[] {
  if (whyInvalid(result) !== undefined) return percentiles.map(() => noEvidence)
  const { falsePass, falseFail } = decisionRule(result, confidenceOf(result), percentiles.length, 1)
  const run = observeRun(result)
  const tails = { lower: falseFail, upper: falsePass }
  return percentiles.map((percentile) => percentileEvidence(run, { of: 'latency', percentile }, tails)(1))
}
