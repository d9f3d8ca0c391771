import { expect } from 'vitest'
import { WsLoadError } from '../errors.ts'
import { show } from '../mistakes.ts'
import { LoadSummary } from '../report/load-summary.ts'
import { formatVerdict } from '../report/verdict.ts'
import { evaluateSLO, type SLOVerdict } from '../slo/evaluate.ts'
import type { SLO } from '../slo/objective.ts'

declare global {
  namespace Chai {
    interface Assertion {
      /**
       * Passes if the summary surely meets every objective: `{ p99: '< 20ms', errorRate: '< 0.1%', throughput: '> 5k/s' }`.
       * A run that measured nothing never passes. With `.not` it passes only if the summary surely misses one.
       * @throws {WsLoadError} `WSLOAD_ERR_INVALID_SLO` with every mistake, `WSLOAD_ERR_NOT_A_SUMMARY`
       */
      toMeetSLO(slo: SLO): void
    }
  }
}

declare module 'vitest' {
  interface AsymmetricMatchersContaining {
    toMeetSLO(slo: SLO): unknown
  }
}

expect.extend({
  toMeetSLO(received: unknown, slo: SLO) {
    const [summary, verdict] = judge(received, slo)
    const { EXPECTED_COLOR: green, RECEIVED_COLOR: red, DIM_COLOR: dim, BOLD_WEIGHT: bold } = this.utils
    const table = (): string => formatVerdict(summary, verdict, { green, red, yellow: red, dim, bold })
    return this.isNot
      ? { pass: verdict.verdict !== 'fail', message: () => `expected the SLO to be missed for sure (.not)\n${table()}` }
      : { pass: verdict.verdict === 'pass', message: table }
  },
})

export { expect }

function judge(received: unknown, slo: SLO): [LoadSummary, SLOVerdict] {
  try {
    const summary = checkSummary(received)
    return [summary, evaluateSLO(summary, slo)]
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

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}
