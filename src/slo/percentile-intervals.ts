import type { LoadResult } from '../result/load-result.ts'
import { decisionRule, whyInvalid } from './evaluate.ts'
import { checkConfidence } from './judgement.ts'
import { type Evidence, noEvidence, percentileEvidence } from './evidence.ts'
import { observeRun } from './observation.ts'
import { describeSurplus } from './surplus.ts'

/** What an interval is shared by. */
export interface Judged {
  readonly objectives: number
  /** Between 0.5 and 1. */
  readonly confidence: number
}

/**
 * Confidence intervals of percentiles of the response time in milliseconds: those of a verdict on an upper bound for each of
 * them. `NaN` where a run says nothing about its target.
 * @param percentiles each above 0 and below 100
 * @param judged how many uncertain objectives the verdict is on, and its confidence: by default the percentiles, at the run's own
 * @throws {WsLoadError} WSLOAD_ERR_INVALID_OPTIONS for a run whose confidence is none
 */
export function percentileIntervals(
  result: LoadResult,
  percentiles: readonly number[],
  { objectives = percentiles.length, confidence = result.options.confidence }: Partial<Judged> = {},
): Evidence[] {
  checkConfidence(confidence)
  const saysNothing = whyInvalid(result) ?? describeSurplus(result)
  if (saysNothing !== undefined) return percentiles.map(() => noEvidence)
  const { falsePass, falseFail } = decisionRule(result, confidence, objectives, 1)
  const run = observeRun(result)
  const tails = { lower: falseFail, upper: falsePass }
  return percentiles.map((percentile) => percentileEvidence(run, { of: 'latency', percentile }, tails)(1))
}
