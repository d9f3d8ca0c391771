import type { LoadResult } from '../result/load-result.ts'
import { checkConfidence, decisionRule, whyInvalid } from './evaluate.ts'
import { type Evidence, noEvidence, percentileEvidence } from './evidence.ts'
import { observeRun } from './observation.ts'

/**
 * Confidence intervals of percentiles of the response time in milliseconds, at the run's own confidence: those of a verdict
 * on an upper bound for each of them. `NaN` where a run says nothing about its target.
 * @param percentiles each above 0 and below 100
 * @throws {WsLoadError} WSLOAD_ERR_INVALID_OPTIONS for a run whose confidence is none
 */
export function percentileIntervals(result: LoadResult, percentiles: readonly number[]): Evidence[] {
  const { confidence } = result.options
  checkConfidence(confidence)
  if (whyInvalid(result) !== undefined) return percentiles.map(() => noEvidence)
  const { falsePass, falseFail } = decisionRule(result, confidence, percentiles.length, 1)
  const run = observeRun(result)
  const tails = { lower: falseFail, upper: falsePass }
  return percentiles.map((percentile) => percentileEvidence(run, { of: 'latency', percentile }, tails)(1))
}
