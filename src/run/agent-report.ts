import type { FloodReport } from '../generator/flood-report.ts'
import type { Agents } from '../machines/agents.ts'
import { without } from '../options/without.ts'
import type { AgentReport, GeneratorReport } from '../result/load-result.ts'
import { sumPings } from './sum-pings.ts'

/** An agent as a run has seen it; times in milliseconds. */
export type AgentSeen = Omit<AgentReport, 'pings' | 'generator'>

/** What each agent measured and what it says of itself. */
export function reportAgents(
  agents: readonly AgentSeen[],
  reports: readonly FloodReport[],
  generators: ReadonlyMap<string, GeneratorReport>,
): AgentReport[] {
  return agents.map((seen) => {
    const generator = generators.get(seen.name)
    if (generator === undefined) return seen
    const own = reports.filter(({ agent }) => agent === seen.name)
    return {
      ...seen,
      pings: sumPings(own.map(({ recording }) => recording.pings)),
      generator: without(generator, 'sendDelay'),
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
