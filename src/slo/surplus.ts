import type { LoadResult } from '../result/load-result.ts'
import { formatCount } from '../units.ts'
import { unmeasured } from './judge.ts'
import { isLatencyOfPings } from './objective.ts'
import { observeRun } from './observation.ts'
import type { ObjectiveVerdict } from './verdict.ts'

/** Indicators that tell of answers and are no latency. */
const totalsOfAnswers = new Set(['throughput', 'errorRate', 'timedOut', 'lost'])

/** Why nobody knows which of the messages of a run were answers; `undefined` of a run that does not show this. */
export function describeSurplus({ messages }: Pick<LoadResult, 'messages'>): string | undefined {
  const { surplus, afterLastAnswer } = messages
  // It is NaN where nobody counted.
  if (!(surplus > 0)) return undefined
  const came = surplus === 1 ? '1 message came' : `${formatCount(surplus)} messages came`
  const late = afterLastAnswer === 0 ? '' : `, ${formatCount(afterLastAnswer)} of these after the last answer`
  return (
    `${came} when no ping was unanswered${late}; others may have been taken for answers: ` +
    "let the probe's answer recognise them, or match answers by id with request and reply"
  )
}

/**
 * What a surplus of messages leaves of the verdict on an objective. In the open model a fail stands if no ping timed out: a
 * message that was taken for an answer came no later than the answer did, so true latencies are no shorter. After an answer
 * that did not come, later ones are taken for those before them. In the closed model such a message made a ping leave before
 * its time as well, and the load was more than was asked for.
 */
export function withoutAnswers(result: LoadResult, verdict: ObjectiveVerdict, reason: string): ObjectiveVerdict {
  const { durationNeeded: _, ...objective } = verdict
  const ofAnswers = isLatencyOfPings(objective) || totalsOfAnswers.has(objective.indicator)
  const stands = verdict.verdict === 'fail' && isOpenModel(result) && result.pings.timedOut === 0
  return !ofAnswers || stands ? verdict : unmeasured(observeRun(result), objective, reason)
}

function isOpenModel({ options }: LoadResult): boolean {
  return options.rate !== undefined || options.stages !== undefined
}
