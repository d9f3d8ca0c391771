import { printable } from '../printable.ts'
import type { AgentReport, LoadResult } from '../result/load-result.ts'
import { formatCount, formatDuration, formatRatio } from '../units.ts'
import { align } from './layout.ts'

/** The agents that generated the load, one a line; nothing where it was this process. */
export function describeAgents({ machines = [] }: LoadResult): string[] {
  if (machines.length === 0) return []
  return ['agents:', ...align(machines.map((agent) => [`  ${printable(agent.name)}`, ...describeAgent(agent)]))]
}

/** How many connections an agent had, and what became of it. */
export function describeAgent({
  connections,
  pings,
  generator,
  clockUncertainty,
  lost,
}: AgentReport): [connections: string, figures: string] {
  const figures = [
    ...(pings === undefined ? [] : [`${formatCount(pings.sent)} sent`]),
    ...(generator === undefined ? [] : [`event loop ${formatRatio(generator.eventLoopUtilization)} busy`]),
    ...(lost === undefined ? [] : [`lost: ${printable(lost.reason)}`]),
    ...(lost !== undefined || clockUncertainty === undefined ? [] : [`clock ± ${formatDuration(clockUncertainty)}`]),
  ]
  return [connections === 1 ? '1 connection' : `${formatCount(connections)} connections`, figures.join(', ')]
}
