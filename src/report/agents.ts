import { printable } from '../printable.ts'
import type { AgentReport, LoadResult } from '../result/load-result.ts'
import { formatCount, formatDuration, formatRatio } from '../units.ts'
import { align } from './layout.ts'

/** The agents that generated the load, one a line; nothing where it was this process. */
export function describeAgents({ machines = [] }: LoadResult): string[] {
  return machines.length === 0 ? [] : ['agents:', ...align(machines.map(rowOf))]
}

function rowOf({ name, connections, pings, generator, clockUncertainty, lost }: AgentReport): string[] {
  const figures =
    lost === undefined && pings !== undefined
      ? `${formatCount(pings.sent)} sent, event loop ${formatRatio(generator!.eventLoopUtilization)} busy, clock ± ${formatDuration(clockUncertainty)}`
      : `lost: ${printable(lost?.reason ?? '')}`
  return [`  ${printable(name)}`, `${formatCount(connections)} connections`, figures]
}
