import type { LatencySummary } from './latency-summary.ts'
import type { GeneratorReport } from './load-result.ts'
import { lostShare } from './starvation.ts'

/** Above this utilization of the event loop, answers wait for the generator. */
export const saturatingUtilization = 0.9
/** Threads that cannot run for as much of the time; what is less shows in the brackets and bounds the rates. */
export const saturatingLoss = 0.25
/** Garbage collections that take as much of it. */
export const saturatingCollection = 0.1
/** Pings that leave later than both, of which the second is a share of the latency, are the generator's fault. */
const mostSendDelay = { ms: 1, latencyShare: 0.1 }

/** Whether pings left so late that the generator is to blame. */
export function isLate({ p99 }: Pick<LatencySummary, 'p99'>, latency: Pick<LatencySummary, 'p99'>): boolean {
  return p99 > Math.max(mostSendDelay.ms, mostSendDelay.latencyShare * latency.p99)
}

/** Whether a generator, rather than the server, may have limited what it measured in `duration` milliseconds. */
export function isSaturated(
  generator: Pick<GeneratorReport, 'eventLoopUtilization' | 'sendDelay' | 'starvation' | 'gcPauses'>,
  latency: LatencySummary,
  duration: number,
): boolean {
  const { eventLoopUtilization, sendDelay, starvation, gcPauses } = generator
  return (
    eventLoopUtilization > saturatingUtilization ||
    isLate(sendDelay, latency) ||
    (starvation !== undefined && lostShare(starvation) >= saturatingLoss) ||
    gcPauses.total >= saturatingCollection * duration
  )
}
