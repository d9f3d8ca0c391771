import { printable } from '../printable.ts'
import type { AgentReport, LoadResult } from '../result/load-result.ts'
import { formatCount, formatCounted, formatDuration, formatRatio } from '../units.ts'
import { align } from './layout.ts'

/** The agents that generated the load, one a line; nothing where it was this process. */
export function describeAgents({ machines = [] }: LoadResult): string[] {
  if (machines.length === 0) return []
  return ['agents:', ...align(machines.map((agent) => [`  ${printable(agent.name)}`, ...describeAgent(agent)]))]
}

/** How many connections an agent had, and what became of it. */
export function describeAgent(agent: AgentReport): [connections: string, figures: string] {
  const {
    connections,
    opened = connections,
    pings,
    p50,
    p99,
    fromOthers,
    expectedFromOthers = 0,
    missedFromOthers = 0,
    generator,
    clockUncertainty,
    lost,
  } = agent
  const figures = [
    ...(pings === undefined ? [] : [`${formatCount(pings.sent)} sent`]),
    ...(p50 === undefined ? [] : [`p50 ${formatDuration(p50)}`]),
    ...(p99 === undefined ? [] : [`p99 ${formatDuration(p99)}`]),
    ...(fromOthers === undefined ? [] : [describeOthers(fromOthers, expectedFromOthers, missedFromOthers)]),
    ...(generator === undefined ? [] : [`event loop ${formatRatio(generator.eventLoopUtilization)} busy`]),
    ...(lost === undefined ? [] : [`lost: ${printable(lost.reason)}`]),
    ...(lost !== undefined || clockUncertainty === undefined ? [] : [`clock ± ${formatDuration(clockUncertainty)}`]),
  ]
  const of = formatCounted(connections, 'connection')
  return [opened < connections ? `${formatCount(opened)} of ${of}` : of, figures.join(', ')]
}

/** How much came of what others published; how much of what had to, where some of it did not. */
function describeOthers(fromOthers: number, expected: number, missed: number): string {
  const came = missed > 0 ? `${formatCount(expected - missed)} of ${formatCount(expected)}` : formatCount(fromOthers)
  return `${came} came from the others`
}
