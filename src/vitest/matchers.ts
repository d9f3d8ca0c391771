import { expect } from 'vitest'
import { WsLoadError } from '../errors.ts'
import { show } from '../mistakes.ts'
import { LoadSummary } from '../report/load-summary.ts'
import { formatVerdict } from '../report/verdict.ts'
import { evaluateSLO, type Judgement, type SLOVerdict } from '../slo/evaluate.ts'
import type { SLO } from '../slo/objective.ts'
import { configuredInconclusive } from './context.ts'

/** How `toMeetSLO` judges. */
export interface MatcherJudgement extends Judgement {
  /**
   * What it does when there is not enough evidence: `'fail'`, or `'warn'` on the console. A run that measured nothing
   * fails either way. Default: the plugin's `inconclusive`, `'fail'`.
   */
  readonly inconclusive?: 'fail' | 'warn'
}

declare global {
  namespace Chai {
    interface Assertion {
      /**
       * Passes if the summary surely meets every objective: `{ p99: '< 20ms', errorRate: '< 0.1%', throughput: '> 5k/s' }`.
       * A run that measured nothing never passes. With `.not` it passes only if the summary surely misses one.
       * @throws {WsLoadError} `WSLOAD_ERR_INVALID_SLO` with every mistake, `WSLOAD_ERR_NOT_A_SUMMARY`
       */
      toMeetSLO(slo: SLO, judgement?: MatcherJudgement): void
    }
  }
}

declare module 'vitest' {
  interface AsymmetricMatchersContaining {
    toMeetSLO(slo: SLO, judgement?: MatcherJudgement): unknown
  }
}

expect.extend({
  toMeetSLO(received: unknown, slo: SLO, judgement: MatcherJudgement = {}) {
    const [summary, judged] = judge(received, slo, judgement)
    const { verdict, vacuous, warnings } = judged
    const { EXPECTED_COLOR: green, RECEIVED_COLOR: red, DIM_COLOR: dim, BOLD_WEIGHT: bold } = this.utils
    const table = (): string => formatVerdict(summary, judged, { green, red, yellow: red, dim, bold })
    if (this.isNot) {
      return { pass: verdict !== 'fail', message: () => `expected the SLO to be missed for sure (.not)\n${table()}` }
    }
    const lenient = (judgement.inconclusive ?? configuredInconclusive()) === 'warn' && !vacuous
    const pass = verdict === 'pass' || (verdict === 'inconclusive' && lenient)
    if (pass && (verdict === 'inconclusive' || warnings.length > 0)) warn(formatVerdict(summary, judged))
    return { pass, message: table }
  },
})

/** Vitest shows it with the test that it belongs to. */
function warn(text: string): void {
  // oxlint-disable-next-line no-console
  console.warn(text)
}

export { expect }

function judge(received: unknown, slo: SLO, judgement: MatcherJudgement): [LoadSummary, SLOVerdict] {
  try {
    const summary = checkSummary(received)
    checkInconclusive(judgement.inconclusive)
    return [summary, evaluateSLO(summary, slo, judgement)]
  } catch (error) {
    Error.captureStackTrace(error as Error, judge)
    throw error
  }
}

function checkSummary(received: unknown): LoadSummary {
  if (received instanceof LoadSummary) return received
  const [what, cure] = isPromise(received)
    ? ['a promise', 'await wsLoad(…) first']
    : [show(received), 'pass what wsLoad(…) resolved to']
  throw new WsLoadError('WSLOAD_ERR_NOT_A_SUMMARY', `toMeetSLO: expected a LoadSummary, got ${what}; ${cure}`)
}

function checkInconclusive(value: unknown): void {
  if (value === undefined || value === 'fail' || value === 'warn') return
  throw new WsLoadError(
    'WSLOAD_ERR_INVALID_OPTIONS',
    `toMeetSLO: inconclusive: expected 'fail' or 'warn', got ${show(value)}`,
  )
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}
