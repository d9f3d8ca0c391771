import type { FloodReport } from '../generator/flood-report.ts'
import type { Agents } from '../machines/agents.ts'
import { without } from '../options/without.ts'
import type { AgentReport } from '../result/load-result.ts'
import { reportGenerator } from './generator-report.ts'
import { sumPings } from './sum-pings.ts'

/** An agent as a run has seen it; times in milliseconds. */
export type AgentSeen = Omit<AgentReport, 'pings' | 'generator'>

/**
 * What each agent measured and what it says of itself.
 * @param duration of the measured window in milliseconds
 */
export function reportAgents(
  agents: readonly AgentSeen[],
  reports: readonly FloodReport[],
  duration: number,
): AgentReport[] {
  return agents.map((seen) => {
    const own = reports.filter(({ agent }) => agent === seen.name)
    if (own.length === 0) return seen
    return {
      ...seen,
      pings: sumPings(own.map(({ recording }) => recording.pings)),
      generator: without(reportGenerator(own, duration), 'sendDelay'),
    }
  })
}

/**
 * Of each flood the agents as they were seen.
 * @throws {WsLoadError} `WSLOAD_ERR_AGENTS`, `WSLOAD_ERR_NATS` where none of them has told anything
 */
export function seenAgents({ links, failure }: Agents, begin: number): AgentSeen[][] {
  if (failure !== undefined) throw failure
  return links[0]!.connections.map((_, side) =>
    links.map(({ name, connections, clock, introduction, lost: how }) => ({
      name,
      connections: connections[side]!,
      clockUncertainty: clock?.uncertainty,
      environment: introduction.environment,
      ...(how !== undefined && { lost: { at: how.at - begin, reason: how.reason } }),
    })),
  )
}
