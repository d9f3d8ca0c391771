import { beside, formatCount, formatRatio } from '../units.ts'
import { type Bracket, formatBracket, formatRange } from './bracket.ts'
import type { Evidence } from './evidence.ts'
import { kinds } from './indicator.ts'
import type { Objective } from './objective.ts'

/** A reason says how many independent samples there are where these are less than this share of all. */
const almostIndependentShare = 0.8

/** What was found where that decides. */
export function describeFinding({ indicator, kind, limit, bound }: Objective, bracket: Bracket): string {
  return `${indicator} is ${formatBracket(bracket, beside(limit, kinds[kind].formatTo))}, the limit is ${bound}`
}

/**
 * What is missing for a verdict, and what would help.
 * @param longer how many times as long the run would have to be, or as many connections; `undefined` if none would do
 */
export function describeLack(
  objective: Objective,
  evidence: Evidence,
  confidence: number,
  longer: number | undefined,
): string {
  return [
    `not enough evidence: ${describeInterval(objective, evidence)} at ${formatRatio(confidence)} confidence, the limit is ${objective.bound}`,
    ...describeSamples(objective, evidence),
    describeCure(objective, longer),
  ].join('; ')
}

function describeCure({ indicator }: Objective, longer: number | undefined): string {
  if (isOfConnections(indicator)) {
    return longer === undefined
      ? 'it is too near to be decided by more connections'
      : `take about ${longer} times as many connections`
  }
  return longer === undefined ? 'it is too near to be decided by a longer run' : `run about ${longer} times longer`
}

/** Whether more connections, rather than more time, tell more about it. */
function isOfConnections(indicator: string): boolean {
  return indicator.startsWith('handshake.') || indicator === 'connectErrorRate'
}

function describeInterval({ indicator, kind, limit }: Objective, { low, high }: Evidence): string {
  const format = beside(limit, kinds[kind].formatTo)
  return `${indicator} is ${high === Infinity ? `${format(low)} or more` : formatRange(low, high, format)}`
}

function describeSamples({ indicator }: Objective, evidence: Evidence): string[] {
  const { high, samples, effectiveSamples, samplesNeeded, resolved } = evidence
  const tooFew = samplesNeeded > effectiveSamples && high === Infinity
  const needed = tooFew ? [`it takes ${formatCount(samplesNeeded)}`] : []
  if (effectiveSamples === 0) return [...(resolved ? [] : ['it is still changing']), ...needed]
  const what = isOfConnections(indicator) ? 'connections' : 'pings'
  const independent = formatCount(Math.floor(effectiveSamples))
  const dependent = effectiveSamples < almostIndependentShare * samples
  return [
    `${formatCount(samples)} ${what}${dependent ? ` tell as much as ${independent} independent ones` : ''}`,
    ...needed,
  ]
}
