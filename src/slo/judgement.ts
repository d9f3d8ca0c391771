import { WsLoadError } from '../errors.ts'
import { isObject } from '../parsed.ts'
import { noSuchOptions, show } from '../wording.ts'

/** How `evaluateSLO()` judges. */
export interface Judgement {
  /** 1 - the probability of a wrong verdict, between 0.5 and 1. Default: the run's own `confidence`, 0.99. */
  readonly confidence?: number
}

/** @throws {WsLoadError} WSLOAD_ERR_INVALID_OPTIONS with every mistake */
export function checkJudgement(given: unknown): void {
  const lines = mistakesInJudgement(given).map((mistake) => `  ${mistake}`)
  if (lines.length === 0) return
  throw new WsLoadError('WSLOAD_ERR_INVALID_OPTIONS', ['the judgement cannot be read', ...lines].join('\n'))
}

/** @param others what the object may have besides, which is not looked at */
export function mistakesInJudgement(given: unknown, others: readonly string[] = []): string[] {
  const names = ['confidence', ...others]
  if (!isObject(given)) return [`expected an object with ${names.join(', ')}, got ${show(given)}`]
  const { confidence } = given
  return [...noSuchOptions(given, names), ...(confidence === undefined ? [] : mistakesInConfidence(confidence))]
}

/** @throws {WsLoadError} WSLOAD_ERR_INVALID_OPTIONS for a confidence that is none */
export function checkConfidence(confidence: unknown): void {
  const [mistake] = mistakesInConfidence(confidence)
  if (mistake !== undefined) throw new WsLoadError('WSLOAD_ERR_INVALID_OPTIONS', mistake)
}

function mistakesInConfidence(confidence: unknown): string[] {
  if (typeof confidence === 'number' && confidence > 0.5 && confidence < 1) return []
  return [`confidence: expected a probability above 0.5 and below 1, got ${show(confidence)}`]
}
