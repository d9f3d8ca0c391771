import { beside, formatCount, formatCounted, formatDuration, formatRatio } from '../units.ts'
import { type Bracket, formatBracket, formatRange } from './bracket.ts'
import type { Evidence } from './evidence.ts'
import { isOfConnections, kinds } from './indicator.ts'
import type { Objective } from './objective.ts'
import type { SlowPings } from './slow-pings.ts'

/** What is missing for a verdict. */
export interface Lack {
  readonly evidence: Evidence
  /** `undefined` of an indicator that is no share of pings. */
  readonly slowPings: SlowPings | undefined
  /** What would decide it; `undefined` if nothing would. */
  readonly cure: Cure | undefined
}

/** Milliseconds that a run has to last, or each of its stretches; or how many times as many connections it takes. */
export type Cure = { readonly length: number } | { readonly timesConnections: number }

/** What was found where that decides. */
export function describeFinding({ indicator, kind, limit, bound }: Objective, bracket: Bracket): string {
  return `${indicator} is ${formatBracket(bracket, beside(limit, kinds[kind].formatTo))}, the limit is ${bound}`
}

/** What is missing for a verdict at a confidence, and what would help. */
export function describeLack(objective: Objective, lack: Lack, confidence: number): string {
  return [
    `not enough evidence: ${describeInterval(objective, lack.evidence)} at ${formatRatio(confidence)} confidence, the limit is ${objective.bound}`,
    ...describeSamples(objective, lack),
    describeCure(objective, lack.cure),
  ].join('; ')
}

function describeCure({ indicator, bound, window }: Objective, cure: Cure | undefined): string {
  if (cure === undefined) {
    if (isOfConnections(indicator)) return 'it is too near the limit to be decided by more connections'
    const what = window === undefined ? 'a run' : 'stretches'
    return `it is too near the limit, or changes too much from time to time, to be decided by ${what} ten times as long`
  }
  if ('timesConnections' in cure) return `take about ${cure.timesConnections} times as many connections`
  const atLeast = `about ${formatDuration(cure.length)} or more`
  return window === undefined ? `${indicator} ${bound} takes ${atLeast}` : `it takes stretches of ${atLeast}`
}

function describeInterval({ indicator, kind, limit }: Objective, { low, high }: Evidence): string {
  const format = beside(limit, kinds[kind].formatTo)
  return `${indicator} is ${high === Infinity ? `${format(low)} or more` : formatRange(low, high, format)}`
}

/** Indicators that ping and deliveries fail rather than exceed. */
const isFailure: ReadonlySet<string> = new Set(['errorRate', 'reach'])

function describeSamples({ indicator }: Objective, { evidence, slowPings }: Lack): string[] {
  const { high, samples, effectiveSamples, samplesNeeded, resolved } = evidence
  if (slowPings !== undefined) return [describeSlowPings(slowPings, isFailure.has(indicator) ? 'failed' : 'slower')]
  if (!isOfConnections(indicator)) return resolved ? [] : ['it is still changing']
  const tooFew = samplesNeeded > effectiveSamples && high === Infinity
  return [formatCounted(samples, 'connection'), ...(tooFew ? [`it takes ${formatCount(samplesNeeded)}`] : [])]
}

function describeSlowPings({ samples, judged, slow, bunches }: SlowPings, what: 'slower' | 'failed'): string {
  const pings = `${slow === 0 ? 'none' : formatCount(slow)} of ${formatCount(judged)} ${samples}`
  const verb = what === 'failed' ? 'failed' : `${slow > 1 ? 'were' : 'was'} slower`
  const together =
    bunches === undefined ? '' : `, in ${bunches === 1 ? 'one bunch' : `${formatCount(bunches)} bunches`}`
  return `${pings} ${verb}${together}`
}
